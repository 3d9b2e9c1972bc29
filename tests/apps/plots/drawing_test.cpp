// Whole drawings, element by element: where everything stands, how it is written and which colour it has.
#include <knoll/apps/plots/plot.h>
#include <knoll/apps/plots/svg.h>

#include "support/golden_text.h"

#include <catch2/catch.hpp>

#include <limits>

using namespace knoll::apps;
using knoll::test::difference_from_golden;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

void check_drawing(const std::string& name, const std::string& drawing) { CHECK(difference_from_golden("drawings/" + name + ".svg", drawing) == ""); }

// A curve with a gap and a band, one that lies on it, a reference, and a name that does not fit into the first row of the legend.
LinePlot curves() {
    return {.title = "mAP",
            .x_label = "epoch",
            .y_label = "percent",
            .series = {{.name = "bce", .x = {1, 2, 3, 4, 5, 6}, .y = {10, not_a_number, 30, 35, 36, 37}, .spread = {2, not_a_number, 1, 0, 1, 2}},
                       {.name = "hill, as far as it goes", .x = {1, 2, 3, 4, 5, 6}, .y = {10, 20, 30, 35.1, 36, 37}},
                       {.name = "bce+full", .x = {1, 6}, .y = {40, 41}, .reference = true},
                       {.name = "a loss whose name is far too long for what is left", .x = {2, 3}, .y = {-1, 0}}},
            .markers = true,
            .whole_x = true};
}

}  // namespace

TEST_CASE("a line plot is drawn as kept: gap, band, dashes, reference, markers, legend in rows") { check_drawing("curves", line_plot(curves())); }

TEST_CASE("a line plot without title and labels, of a given range of values, is drawn as kept") {
    const LinePlot plot{.title = "", .series = {{.name = "one", .x = {0, 0.5, 1}, .y = {-3, 0.25, 3}}}, .y_range = Range{-1, 1}, .width = 320, .height = 200};
    check_drawing("plain", line_plot(plot));
}

TEST_CASE("a line plot on logarithmic axes is drawn as kept") {
    const LinePlot plot{.title = "Time",
                        .x_label = "batch",
                        .y_label = "ms",
                        .series = {{.name = "lenet5", .x = {1, 8, 64, 256}, .y = {0.03, 0.1, 0.7, 3}}, {.name = "cnn", .x = {1, 8, 64}, .y = {2, 9, 70}}},
                        .markers = true,
                        .logarithmic = true};
    check_drawing("logarithmic", line_plot(plot));
}

TEST_CASE("a sheet of three plots is drawn as kept: two side by side, the third below") {
    LinePlot plot{.title = "a", .series = {{.name = "s", .x = {0, 1}, .y = {0, 2}}}, .width = 300, .height = 220};
    std::vector<LinePlot> plots(3, plot);
    plots[1].title = "b";
    plots[2].title = "c";
    check_drawing("sheet", plot_sheet(plots, "three <plots>"));
}

TEST_CASE("a bar plot is drawn as kept: error bars that end at zero and at the top, a class without a score, names that lie") {
    const BarPlot plot{.title = "Per class",
                       .y_label = "percent",
                       .categories = {"bag", "coat", "shoe"},
                       .series = {{.name = "bce", .values = {50, not_a_number, 1}, .spread = {5, 1, 3}},
                                  {.name = "hill", .values = {99, 70, 20}, .spread = {4, 0, 2}},
                                  {.name = "bce+full", .values = {100, 80, 30}, .reference = true}},
                       .limit = 100,
                       .width = 600,
                       .height = 300};
    check_drawing("bars", bar_plot(plot));
}

TEST_CASE("names of categories stand upright where they are too long to lie") {
    const BarPlot plot{.title = "t",
                       .categories = {"ankle boot, turned right", "bag", "t-shirt"},
                       .series = {{.name = "a", .values = {0.25, 0.5, 1.5}}},
                       .width = 200,
                       .height = 300};
    check_drawing("upright", bar_plot(plot));
    BarPlot narrow = plot;
    narrow.categories = {"bag", "hat", "t-shirt"};
    CHECK(bar_plot(narrow).find("rotate") != std::string::npos);  // 49 pixels, in slots of 40.7
    narrow.width = 240;                                           // in slots of 54
    CHECK(bar_plot(narrow).find("rotate") == std::string::npos);
}

TEST_CASE("series after the eighth have the colours again, dashed, and after the sixteenth dotted") {
    LinePlot plot{.title = "t"};
    for (int i = 0; i < 25; ++i) plot.series.push_back({.name = "s" + std::to_string(i), .x = {0, 1}, .y = {1.0 * i, 2.0 * i}});
    const std::string svg = line_plot(plot);
    const auto count = [&](const std::string& part) {
        std::size_t found = 0;
        for (std::size_t at = svg.find(part); at != std::string::npos; at = svg.find(part, at + 1)) ++found;
        return found;
    };
    CHECK(palette().size() == 8);
    CHECK(count("stroke=\"#0072B2\"") == 8);  // four series, each in the legend and in the plot
    CHECK(count("stroke=\"#D55E00\"") == 6);
    CHECK(count("stroke-dasharray=\"7 3\"") == 16);
    CHECK(count("stroke-dasharray=\"2 3\"") == 16);
    CHECK(dash_pattern(7).empty());
    CHECK(dash_pattern(8) == "7 3");
    CHECK(dash_pattern(16) == "2 3");
    CHECK(dash_pattern(24).empty());
}

TEST_CASE("characters that mean something in XML are written as entities") { CHECK(escaped("<a & \"b\" 'c'>") == "&lt;a &amp; &quot;b&quot; &#39;c&#39;&gt;"); }
