#include <knoll/apps/command.h>
#include <knoll/apps/commands/commands.h>
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

}  // namespace

int run(const LossesOptions&, Console& console) {
    using losses::TargetKind;
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
