#include <knoll/apps/command.h>
#include <knoll/apps/commands/commands.h>
#include <knoll/apps/terminal/suggestion.h>
#include <knoll/core/error.h>
#include <knoll/losses/registry.h>

#include <algorithm>
#include <ostream>

namespace knoll::apps {

namespace {

void print_loss(const Console& console, const losses::LossInfo& loss) {
    console.out << bold(console, loss.name) << "  " << loss.meaning << '\n';
    for (const losses::ParameterInfo& parameter : loss.parameters) {
        const std::string setting = parameter.name + " = " + parameter.default_value;
        console.out << "    " << setting << std::string(setting.size() < 26 ? 26 - setting.size() : 1, ' ') << parameter.meaning << "; " << parameter.range
                    << '\n';
    }
    console.out << "    " << faint(console, loss.paper) << "\n\n";
}

const char* heading(losses::TargetKind kind) {
    switch (kind) {
        case losses::TargetKind::binary:
            return "MULTI-LABEL: logits [N, C], targets [N, C] in {0, 1}";
        case losses::TargetKind::real:
            return "REGRESSION: predictions and targets of one shape";
        case losses::TargetKind::class_index:
            return "SINGLE LABEL: logits [N, K], targets [N], the index of the class";
        case losses::TargetKind::same_class:
            return "METRIC: embeddings [N, D] in place of logits, targets [N]: rows of one class belong together";
        case losses::TargetKind::distribution:
            break;
    }
    return "DISTRIBUTIONS: logits [N, K], targets [N, K], the probability of each class";
}

const losses::LossInfo& find_loss(const std::string& name) {
    std::vector<std::string> names;
    for (const losses::LossInfo& loss : losses::registry()) {
        if (loss.name == name) return loss;
        names.push_back(loss.name);
    }
    fail<ValueError>("[losses] expected the name of a loss, got ", name, suggestion(name, names));
}

// How it is written, with its first parameter where there is one.
std::string example_of(const losses::LossInfo& loss) {
    if (loss.parameters.empty()) return loss.name;
    const losses::ParameterInfo& first = loss.parameters.front();
    const bool number = first.default_value.find_first_not_of("0123456789.-e") == std::string::npos;
    return loss.name + ", or with parameters " + loss.name + ":" + first.name + "=" + (number ? first.default_value : "VALUE");
}

}  // namespace

int run(const LossesOptions& options, Console& console) {
    using losses::TargetKind;
    if (!options.name.empty()) {
        const losses::LossInfo& loss = find_loss(options.name);
        console.out << heading(loss.targets) << "\n\n";
        print_loss(console, loss);
        console.out << "Written as " << example_of(loss) << ".\n";
        return exit_done;
    }
    for (const TargetKind kind : {TargetKind::binary, TargetKind::class_index, TargetKind::real, TargetKind::distribution, TargetKind::same_class}) {
        console.out << heading(kind) << "\n\n";
        for (const losses::LossInfo& loss : losses::registry())
            if (loss.targets == kind) print_loss(console, loss);
    }
    console.out << "Written as name or name:key=value,key=value; for example focal:gamma=1. knoll compare imbalanced knows cot too, the two-step\n"
                   "procedure of complement objective training.\n";
    return exit_done;
}

}  // namespace knoll::apps
