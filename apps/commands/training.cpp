#include <knoll/apps/commands/training.h>

#include <knoll/apps/command_line/parse.h>
#include <knoll/apps/commands/files_apart.h>
#include <knoll/apps/terminal/progress.h>
#include <knoll/apps/terminal/table.h>
#include <knoll/apps/training/data_source.h>
#include <knoll/core/parallel.h>

#include <algorithm>
#include <cctype>
#include <ostream>
#include <set>
#include <string_view>

namespace knoll::apps {

namespace {

std::string output_folder(const TrainingOptions& options) {
    if (!options.out.empty() && !options.resume.empty() && options.out != options.resume)
        throw UsageError("expected --out or --resume, got both; --resume goes on in its own folder");
    return options.resume.empty() ? options.out : options.resume;
}

// In quotes where a shell would read it otherwise.
std::string shell_word(const std::string& word) {
    const bool plain = std::all_of(word.begin(), word.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || std::string_view("_.=+-/,:@%").find(static_cast<char>(c)) != std::string_view::npos;
    });
    if (plain) return word;
    std::string quoted = "'";
    for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

std::vector<Method> parse_methods(const TrainingOptions& options, const TaskInfo& info) {
    std::vector<Method> methods;
    std::set<std::string> seen;
    for (const std::string& given : options.methods.empty() ? info.methods : options.methods) {
        if (!seen.insert(given).second) throw UsageError("[compare] expected each loss once, got " + given + " twice; for more runs use --seeds");
        methods.push_back(parse_method(given, info));
    }
    return methods;
}

void require_outputs_apart(const TrainingOptions& options, const std::string& folder) {
    std::vector<NamedFile> inputs;
    for (const std::string& path : data_files(options)) inputs.push_back({"--data", path});
    std::vector<NamedFile> outputs{{"--json", options.json}};
    // results.json says the same as --json does.
    for (const std::string& path : files_of_runs(folder))
        if (!path.ends_with("/results.json")) outputs.push_back({"--out", path});
    require_apart("out", outputs, inputs);
    if (!folder.empty()) require_apart("out", {{"--out", folder + "/results.json"}}, inputs);
}

}  // namespace

TrainingPlan make_plan(const TrainingOptions& options) {
    const TaskEntry& entry = find_task(options.task);
    check_task_options(entry.info, options);
    TrainingPlan plan{.task = nullptr, .methods = parse_methods(options, entry.info), .folder = output_folder(options), .way_on = "", .lock = nullptr};
    if (!plan.folder.empty()) plan.way_on = text("knoll ", options.arguments.front(), " ", options.task, " --resume ", shell_word(plan.folder));
    require_outputs_apart(options, plan.folder);
    if (!options.json.empty()) require_writable(options.json);
    if (!plan.folder.empty()) plan.lock = std::make_unique<FolderLock>(plan.folder);
    if (options.threads > 0) set_num_threads(options.threads);
    plan.task = entry.make(options);
    return plan;
}

TrainingPlan make_plan(const TrainingOptions& options, const Console& console) {
    const StatusLine status{console, options.quiet, text("making the data of ", options.task, " ready: ", options.data)};
    return make_plan(options);
}

void print_settings(const Console& console, const NamedTexts& settings) {
    std::string line;
    for (const auto& [name, value] : settings) line += text(line.empty() ? "" : ", ", name, " ", value);
    console.out << faint(console, line) << '\n' << std::flush;
}

void print_summary(const Console& console, const Results& results) {
    const std::vector<LossSummary> summaries = summarize(results);
    std::vector<std::string> header{"loss"};
    for (const std::string& name : metric_names(results)) header.push_back(name);
    header.emplace_back("time per run");
    Table table{header, 1};
    for (const LossSummary& summary : summaries) {
        std::vector<Table::Cell> row{{summary.loss + (summary.reference ? " (reference)" : "")}};
        for (const MetricSummary& metric : summary.metrics) row.push_back({mean_std_text(metric, summary.runs), metric.best && summaries.size() > 1});
        row.push_back({duration(summary.seconds)});
        table.add(std::move(row));
    }
    for (const FailedRun& run : results.failed) {
        std::vector<Table::Cell> row(header.size(), {"-"});
        row.front() = {run.loss};
        row.back() = {"diverged"};
        table.add(std::move(row));
    }
    table.print(console);
    const std::vector<std::string> notes = run_notes(results);
    if (!notes.empty()) console.out << '\n';
    for (const std::string& note : notes) console.out << note << '\n';
    if (!results.failed.empty()) console.out << '\n';
    for (const FailedRun& run : results.failed) console.out << run.loss << " diverged with seed " << run.seed << ": " << run.reason << '\n';
}

}  // namespace knoll::apps
