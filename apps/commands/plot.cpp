#include <knoll/apps/command.h>
#include <knoll/apps/commands/commands.h>
#include <knoll/apps/plots/loss_curves.h>
#include <knoll/apps/training/run_folder.h>
#include <knoll/core/files/atomic_file.h>

#include <ostream>

namespace knoll::apps {

int run(const PlotOptions& options, Console& console) {
    require_writable(options.out);
    const std::string sheet =
        plot_sheet(loss_curves(options.losses, {.from = options.from, .to = options.to, .epoch = options.epoch, .classes = options.classes}));
    write_file(options.out, sheet);
    console.out << "wrote " << options.out << '\n';
    return exit_done;
}

}  // namespace knoll::apps
