// How knoll's time and memory grow with batch, image, channels, classes and threads: tables, and a picture.
#include <knoll/apps/bench/sweeps.h>
#include <knoll/apps/command.h>
#include <knoll/apps/plots/plot.h>
#include <knoll/apps/terminal/machine.h>
#include <knoll/apps/terminal/table.h>
#include <knoll/apps/training/run_folder.h>
#include <knoll/apps/validators.h>
#include <knoll/core/error.h>
#include <knoll/core/files/atomic_file.h>

#include <algorithm>
#include <cmath>
#include <iostream>

using namespace knoll;
using namespace knoll::apps;

namespace {

struct Options {
    double seconds = 0.5;
    std::vector<std::string> only;
    std::string svg;
};

std::string three_digits(double number) { return fixed(number, std::clamp(2 - static_cast<int>(std::floor(std::log10(number))), 0, 3)); }

void print_table(const Sweep& sweep, const Curve& curve) {
    std::cout << "\n### " << curve.name << "\n\n| " << sweep.axis << " | ms per step | " << sweep.unit
              << " | growth | of the work | peak MiB |\n| --: | --: | --: | --: | --: | --: |\n";
    const Point* before = nullptr;
    for (const Point& point : curve.points) {
        std::cout << "| " << point.value << " | " << three_digits(point.milliseconds) << " | "
                  << three_digits(sweep.per_millisecond * point.milliseconds / point.work) << " | "
                  << (before != nullptr ? fixed(point.milliseconds / before->milliseconds, 2) : "") << " | "
                  << (before != nullptr ? fixed(point.work / before->work, 2) : "") << " | " << (point.mebibytes > 0 ? three_digits(point.mebibytes) : "")
                  << " |\n";
        before = &point;
    }
    std::cout << std::flush;
}

LinePlot panel(const Sweep& sweep, const std::string& what, double Point::*y) {
    LinePlot plot{.title = what + " against " + sweep.axis, .x_label = sweep.axis, .y_label = what, .markers = true, .logarithmic = true, .height = 330};
    for (const Curve& curve : sweep.curves) {
        Series& series = plot.series.emplace_back(Series{.name = curve.name, .x = {}, .y = {}});
        for (const Point& point : curve.points) {
            series.x.push_back(point.value);
            series.y.push_back(point.*y);
        }
    }
    return plot;
}

// As the work grows, through the point of the first curve with the most of it, where what a step costs apart from its work matters least.
Series ideal(const Curve& curve) {
    const Point most = *std::max_element(curve.points.begin(), curve.points.end(), [](const Point& a, const Point& b) { return a.work < b.work; });
    Series series{.name = "as the work", .x = {}, .y = {}, .reference = true};
    for (const Point& point : curve.points) {
        series.x.push_back(point.value);
        series.y.push_back(most.milliseconds * point.work / most.work);
    }
    return series;
}

// Time on the left, memory on the right.
void add_panels(std::vector<LinePlot>& plots, const Sweep& sweep) {
    LinePlot time = panel(sweep, "ms per step", &Point::milliseconds);
    const auto longest =
        std::max_element(sweep.curves.begin(), sweep.curves.end(), [](const Curve& a, const Curve& b) { return a.points.size() < b.points.size(); });
    time.series.push_back(ideal(*longest));
    plots.push_back(std::move(time));
    const auto measured = [](const Curve& curve) { return curve.points.front().mebibytes > 0; };
    if (std::all_of(sweep.curves.begin(), sweep.curves.end(), measured)) plots.push_back(panel(sweep, "peak MiB", &Point::mebibytes));
}

void run(const Options& options) {
    if (!options.svg.empty()) require_writable(options.svg);
    std::vector<LinePlot> plots;
    std::cout << machine_name() << ", " << compiler_name() << '\n';
    for (const SweepEntry& entry : sweeps()) {
        if (!options.only.empty() && std::find(options.only.begin(), options.only.end(), entry.name) == options.only.end()) continue;
        const Sweep sweep = entry.run(options.seconds);
        std::cout << "\n## " << entry.name << '\n';
        for (const Curve& curve : sweep.curves) print_table(sweep, curve);
        add_panels(plots, sweep);
    }
    if (!options.svg.empty()) write_file(options.svg, plot_sheet(plots, "time and memory as the work grows"));
    if (!std::cout.flush()) throw knoll::Error("expected to write to standard output, got an error there");
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    std::vector<std::string> names;
    for (const SweepEntry& entry : sweeps()) names.emplace_back(entry.name);
    CLI::App app{"Measures how knoll's time and memory grow with the work, and prints tables in Markdown.", "bench_scaling"};
    app.add_option("--seconds", options.seconds, "measured for each point")->check(positive())->type_name("S")->capture_default_str();
    app.add_option("--only", options.only, "batch, size, channels, classes or threads; all unless given")->check(one_of(names))->type_name("NAME");
    app.add_option("--svg", options.svg, "draw the curves")->check(given_path())->type_name("FILE");
    try {
        app.parse(argc, argv);
        run(options);
        return exit_done;
    } catch (const CLI::CallForHelp&) {
        std::cout << app.help();
        return exit_done;
    } catch (const CLI::ParseError& error) {
        std::cerr << "bench_scaling: " << error.what() << "; see bench_scaling --help\n";
    } catch (const std::exception& error) {
        std::cerr << "bench_scaling: " << error.what() << '\n';
    }
    return exit_bad_call;
}
