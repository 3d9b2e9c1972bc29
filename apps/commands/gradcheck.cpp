#include <knoll/apps/command.h>
#include <knoll/apps/commands/commands.h>
#include <knoll/apps/gradcheck/record.h>
#include <knoll/apps/terminal/suggestion.h>
#include <knoll/apps/terminal/table.h>
#include <knoll/core/gradcheck.h>
#include <knoll/core/nearest.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ostream>

namespace knoll::apps {

namespace {

bool is_asked_for(const CheckRecord& record, const std::vector<std::string>& names) {
    return names.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& name) { return record.name().find(name) != std::string::npos; });
}

std::vector<CheckRecord> chosen_records(const std::vector<std::string>& names) {
    const std::vector<CheckRecord> all = check_records();
    std::vector<std::string> subjects;
    subjects.reserve(all.size());
    for (const CheckRecord& record : all) subjects.push_back(record.subject);
    for (const std::string& name : names)
        require<ValueError>(std::any_of(all.begin(), all.end(), [&](const CheckRecord& record) { return is_asked_for(record, {name}); }),
                            "[gradcheck] expected part of the name of an op, layer or loss, got ", name,
                            nearest(name, subjects).empty() ? "; knoll gradcheck lists them all" : "; did you mean " + nearest(name, subjects) + "?");
    std::vector<CheckRecord> chosen;
    std::copy_if(all.begin(), all.end(), std::back_inserter(chosen), [&](const CheckRecord& record) { return is_asked_for(record, names); });
    return chosen;
}

std::string scientific(double number) {
    std::array<char, 40> digits{};
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::scientific, 1).ptr};
}

}  // namespace

int run(const GradcheckCommandOptions& options, Console& console) {
    Table table{{"kind", "name", "checked", "worst error / tolerance"}, 3};
    std::string failures;
    std::size_t failed = 0;
    const std::vector<CheckRecord> records = chosen_records(options.names);
    for (const CheckRecord& record : records) {
        if (!record.no_gradient.empty()) {
            if (!options.quiet) table.add({{record.kind}, {record.name()}, {"no gradient: " + record.no_gradient}, {"-"}});
            continue;
        }
        const GradcheckResult result = gradcheck(record.function, record.inputs, {.order = 2, .name = record.name()});
        if (!result.ok()) {
            ++failed;
            failures += record.kind + " " + result.report() + "\n";
        }
        if (!options.quiet || !result.ok())
            table.add({{record.kind}, {record.name()}, {result.ok() ? "first and second order" : "FAILED", !result.ok()}, {scientific(result.worst())}});
    }
    if (!options.quiet || failed > 0) {
        table.print(console);
        console.out << failures << '\n';
    }
    console.out << records.size() << " checks, " << failed << " failed\n";
    return failed == 0 ? exit_done : exit_check_failed;
}

}  // namespace knoll::apps
