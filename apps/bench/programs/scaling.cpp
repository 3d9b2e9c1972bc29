// How knoll's time and memory grow with batch, image, channels, classes and threads: tables, and a picture.
#include <knoll/apps/bench/sweeps.h>
#include <knoll/apps/command.h>
#include <knoll/apps/command_line/parse.h>
#include <knoll/apps/command_line/validators.h>
#include <knoll/apps/plots/plot.h>
#include <knoll/apps/terminal/machine.h>
#include <knoll/apps/terminal/table.h>
#include <knoll/apps/training/run_folder.h>
#include <knoll/core/error.h>
#include <knoll/core/files/atomic_file.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <optional>

using namespace knoll;
using namespace knoll::apps;

namespace {

struct Options {
    double seconds = 0.5;
    std::vector<std::string> only;
    std::string svg;
};

std::string three_digits(double number) { return fixed(number, std::clamp(2 - static_cast<int>(std::floor(std::log10(number))), 0, 3)); }

using Quantity = double (*)(const Curve& curve, const SweepPoint& point);

double time_of(const Curve& /*curve*/, const SweepPoint& point) { return point.milliseconds; }
double memory_of(const Curve& /*curve*/, const SweepPoint& point) { return point.mebibytes; }
double speed_up(const Curve& curve, const SweepPoint& point) { return curve.points.front().milliseconds / point.milliseconds; }

// Cells of a row, in Markdown.
std::string row(const std::vector<std::string>& cells) {
    std::string line = "|";
    for (const std::string& cell : cells) line += " " + cell + " |";
    return line + "\n";
}

std::string memory_cell(const SweepPoint& point) { return point.mebibytes > 0 ? three_digits(point.mebibytes) : ""; }

// Where the work is shared, the time that should fall; elsewhere what a unit of work costs, and how time grows from row to row beside the work.
void print_table(const Sweep& sweep, const Curve& curve) {
    std::cout << "\n### " << curve.name << "\n\n";
    if (sweep.shared)
        std::cout << row({sweep.axis, "ms per step", "speed-up", "peak MiB"}) << row(std::vector<std::string>(4, "--:"));
    else
        std::cout << row({sweep.axis, "ms per step", sweep.unit, "growth", "of the work", "peak MiB"}) << row(std::vector<std::string>(6, "--:"));
    for (std::size_t i = 0; i < curve.points.size(); ++i) {
        const SweepPoint &point = curve.points[i], &before = curve.points[i > 0 ? i - 1 : 0];
        std::vector<std::string> cells{fixed(point.value, 0), three_digits(point.milliseconds)};
        if (sweep.shared) {
            cells.push_back(fixed(speed_up(curve, point), 2));
        } else {
            cells.push_back(three_digits(sweep.per_millisecond * point.milliseconds / point.work));
            cells.push_back(i > 0 ? fixed(point.milliseconds / before.milliseconds, 2) : "");
            cells.push_back(i > 0 ? fixed(point.work / before.work, 2) : "");
        }
        cells.push_back(memory_cell(point));
        std::cout << row(cells);
    }
    std::cout << std::flush;
}

Series drawn(const Curve& curve, Quantity quantity) {
    Series series{.name = curve.name, .x = {}, .y = {}};
    for (const SweepPoint& point : curve.points) {
        series.x.push_back(point.value);
        series.y.push_back(quantity(curve, point));
    }
    return series;
}

LinePlot panel(const Sweep& sweep, const std::string& what, Quantity quantity) {
    LinePlot plot{.title = what + " against " + sweep.axis, .x_label = sweep.axis, .y_label = what, .markers = true, .logarithmic = true, .height = 330};
    for (const Curve& curve : sweep.curves) plot.series.push_back(drawn(curve, quantity));
    return plot;
}

// Growing as the work does, from the point with the most of it, where what a step costs apart from its work matters least.
Curve ideal(const Curve& curve) {
    const SweepPoint most =
        *std::max_element(curve.points.begin(), curve.points.end(), [](const SweepPoint& a, const SweepPoint& b) { return a.work < b.work; });
    Curve result{.name = "as the work", .points = curve.points};
    for (SweepPoint& point : result.points) point.milliseconds = most.milliseconds * point.work / most.work;
    return result;
}

// Time on the left, memory on the right.
void add_panels(std::vector<LinePlot>& plots, const Sweep& sweep) {
    const Quantity time = sweep.shared ? speed_up : time_of;
    plots.push_back(panel(sweep, sweep.shared ? "speed-up" : "ms per step", time));
    const auto longest =
        std::max_element(sweep.curves.begin(), sweep.curves.end(), [](const Curve& a, const Curve& b) { return a.points.size() < b.points.size(); });
    plots.back().series.push_back(drawn(ideal(*longest), time));
    plots.back().series.back().reference = true;
    if (!sweep.shared) plots.push_back(panel(sweep, "peak MiB", memory_of));
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

// Nothing where help was asked for, and given.
std::optional<Options> parse(int argc, char** argv) {
    Options options;
    std::vector<std::string> names;
    for (const SweepEntry& entry : sweeps()) names.emplace_back(entry.name);
    CLI::App app{"Measures how knoll's time and memory grow with the work, and prints tables in Markdown.", "bench_scaling"};
    app.add_option("--seconds", options.seconds, "measured for each point")->check(positive())->type_name("S")->capture_default_str();
    app.add_option("--only", options.only, "batch, size, channels, classes or threads; all unless given")->check(one_of(names))->type_name("NAME");
    app.add_option("--svg", options.svg, "draw the curves")->check(given_path())->type_name("FILE");
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        std::cout << app.help();
        return std::nullopt;
    } catch (const CLI::ParseError& error) {
        throw UsageError(text(error.what(), "; see bench_scaling --help"));
    }
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (const auto options = parse(argc, argv)) run(*options);
        return exit_done;
    } catch (const std::exception& error) {
        std::cerr << "bench_scaling: " << error.what() << '\n';
        return exit_bad_call;
    }
}
