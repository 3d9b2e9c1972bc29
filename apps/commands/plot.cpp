#include <knoll/apps/command.h>
#include <knoll/apps/commands/commands.h>
#include <knoll/apps/plots/loss_curves.h>
#include <knoll/apps/tasks/catalog.h>
#include <knoll/apps/training/run_folder.h>
#include <knoll/core/files/atomic_file.h>

#include <algorithm>
#include <ostream>

namespace knoll::apps {

namespace {

void require_losses(const std::vector<std::string>& names) {
    for (const TaskEntry& entry : task_catalog())
        for (const std::string& procedure : entry.info.procedures)
            require<ValueError>(std::find(names.begin(), names.end(), procedure) == names.end(), "[plot] expected losses, got ", procedure,
                                ", a procedure of more steps than one, which has no curve of its own; plot the losses that it takes turns with");
}

}  // namespace

int run(const PlotOptions& options, Console& console) {
    require_losses(options.losses);
    require_writable(options.out);
    const std::string sheet =
        plot_sheet(loss_curves(options.losses, {.from = options.from, .to = options.to, .epoch = options.epoch, .classes = options.classes}), "losses");
    write_file(options.out, sheet);
    console.out << "wrote " << options.out << '\n';
    return exit_done;
}

}  // namespace knoll::apps
