#include <knoll/apps/command.h>
#include <knoll/apps/commands/commands.h>
#include <knoll/apps/plots/loss_curves.h>
#include <knoll/apps/tasks/catalog.h>
#include <knoll/apps/training/run_folder.h>
#include <knoll/core/files/atomic_file.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <ostream>

namespace knoll::apps {

namespace {

void require_losses(const std::vector<std::string>& names) {
    for (const TaskEntry& entry : task_catalog())
        for (const std::string& procedure : entry.info.procedures)
            require<ValueError>(std::find(names.begin(), names.end(), procedure) == names.end(), "[plot] expected losses, got ", procedure,
                                ", a procedure of more steps than one, which has no curve of its own; plot the losses that it takes turns with");
}

// What is written is SVG, whatever the name says; a viewer goes by the name.
void require_svg(const std::string& path) {
    const std::filesystem::path name(path);
    std::string extension = name.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::string svg = std::filesystem::path(path).replace_extension(".svg").string();
    require<ValueError>(extension.empty() || extension == ".svg", "[plot] expected a file that ends in .svg, the format that plots are drawn in, got ", path,
                        "; give --out ", svg, " and convert that, for instance by rsvg-convert or Inkscape");
}

}  // namespace

int run(const PlotOptions& options, Console& console) {
    require_losses(options.losses);
    require_svg(options.out);
    require_writable(options.out);
    const std::string sheet =
        plot_sheet(loss_curves(options.losses, {.from = options.from, .to = options.to, .epoch = options.epoch, .classes = options.classes}), "losses");
    write_file(options.out, sheet);
    console.out << "wrote " << options.out << '\n';
    return exit_done;
}

}  // namespace knoll::apps
