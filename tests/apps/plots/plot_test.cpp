#include <knoll/apps/plots/loss_curves.h>
#include <knoll/apps/plots/plot.h>
#include <knoll/apps/plots/svg.h>

#include <knoll/core/error.h>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace knoll;
using namespace knoll::apps;

namespace {

// Every element closed by its own name, in order; text has no stray < or &.
bool is_well_formed(const std::string& xml) {
    std::vector<std::string> open;
    std::size_t at = 0;
    while ((at = xml.find('<', at)) != std::string::npos) {
        const std::size_t end = xml.find('>', at);
        if (end == std::string::npos) return false;
        const std::string tag = xml.substr(at + 1, end - at - 1);
        if (tag.find('<') != std::string::npos || std::count(tag.begin(), tag.end(), '"') % 2 != 0) return false;
        if (tag.front() == '/') {
            if (open.empty() || open.back() != tag.substr(1)) return false;
            open.pop_back();
        } else if (tag.back() != '/') {
            open.push_back(tag.substr(0, tag.find(' ')));
        }
        at = end;
    }
    return open.empty() && xml.find("nan") == std::string::npos && xml.find("inf") == std::string::npos;
}

}  // namespace

TEST_CASE("ticks stand at round numbers within the range") {
    const Axis axis = make_axis({0.3, 9.7}, {.ticks = 5});
    CHECK(axis.ticks == std::vector<double>{2, 4, 6, 8});
    CHECK(axis.decimals == 0);
    const Axis wide = make_axis({0.03, 0.97}, {.ticks = 5, .widen = true});
    CHECK(wide.range.low == Approx(0).margin(1e-12));
    CHECK(wide.range.high == Approx(1));
    CHECK(wide.decimals == 1);
    CHECK(make_axis({1, 3}, {.ticks = 8, .whole_numbers = true}).ticks == std::vector<double>{1, 2, 3});
    CHECK(make_axis(Range::none(), {.widen = true}).ticks.size() > 1);
    CHECK(make_axis({3, 3}, {.widen = true}).ticks.size() > 1);
}

TEST_CASE("an axis does not reach beyond what its values can be") {
    const AxisOptions percent{.widen = true, .limits = {0, 100}};
    CHECK(make_axis({-3, 103}, percent).range.low == 0);
    CHECK(make_axis({-3, 103}, percent).range.high == 100);
    CHECK(make_axis({100, 100}, percent).range.high == 100);
    CHECK(make_axis({0, 0}, percent).range.low == 0);
    LinePlot plot{.title = "t", .series = {{.name = "a", .x = {1, 2}, .y = {2, 98}, .spread = {5, 5}}}};
    CHECK(line_plot(plot).find(">120</text>") != std::string::npos);
    plot.limits = Range{0, 100};
    CHECK(line_plot(plot).find(">120</text>") == std::string::npos);
}

TEST_CASE("a logarithmic axis has its ticks at 1, 2 and 5, or over many decades at 1") {
    const Axis axis = make_axis({3, 60}, {.logarithmic = true});
    CHECK(axis.ticks == std::vector<double>{5, 10, 20, 50});
    CHECK(axis.position(30, 0, 1) > axis.position(20, 0, 1));
    CHECK(axis.position(std::sqrt(3.0 * 60), 0, 1) == Approx(0.5));
    const Axis wide = make_axis({0.03, 20'000}, {.widen = true, .logarithmic = true});
    CHECK(wide.range.low == Approx(0.01));
    CHECK(wide.range.high == Approx(100'000));
    CHECK(wide.ticks.size() == 8);
    CHECK(wide.label(wide.ticks[0]) == "0.01");
    CHECK(wide.label(wide.ticks[6]) == "10k");
    CHECK(wide.label(wide.ticks[7]) == "100k");
    CHECK(make_axis({2e-4, 5e-4}, {.logarithmic = true}).ticks == std::vector<double>{2e-4, 5e-4});
    CHECK(make_axis({3, 3}, {.logarithmic = true}).ticks == std::vector<double>{2, 5});
    CHECK_FALSE(make_axis(Range::none(), {.logarithmic = true}).ticks.empty());
    CHECK_THROWS_WITH(make_axis({0, 1}, {.logarithmic = true}), "[plot] expected numbers above 0 on a logarithmic axis, got 0");
    CHECK(is_well_formed(line_plot({.title = "t", .series = {{.name = "a", .x = {1, 10}, .y = {2, 2000}}}, .markers = true, .logarithmic = true})));
}

TEST_CASE("a line plot is well-formed whatever its names and numbers") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    LinePlot plot{.title = "a < b & \"c\"", .x_label = "x>", .y_label = "'y'"};
    plot.series = {{.name = "<one>", .x = {0, 1, 2}, .y = {1, nan, 3}},
                   {.name = "two", .x = {0, 1, 2}, .y = {1, 2, 1}, .spread = {0.1, 0.2, 0.3}, .reference = true}};
    plot.markers = true;
    const std::string svg = line_plot(plot);
    CHECK(is_well_formed(svg));
    CHECK(svg.find("&lt;one&gt;") != std::string::npos);
    CHECK(svg.find("stroke-dasharray") != std::string::npos);
    CHECK(is_well_formed(line_plot({.title = "empty", .series = {}})));
}

TEST_CASE("of two curves that coincide the second is dashed") {
    LinePlot plot{.title = "t", .series = {{.name = "a", .x = {0, 1}, .y = {0, 1}}, {.name = "b", .x = {0, 1}, .y = {1, 0}}}};
    CHECK(line_plot(plot).find("stroke-dasharray") == std::string::npos);
    plot.series[1].y = plot.series[0].y;
    CHECK(line_plot(plot).find("stroke-dasharray") != std::string::npos);
}

TEST_CASE("a bar plot has a bar per class and series, with its value to read") {
    BarPlot plot{.title = "t", .y_label = "percent", .categories = {"shoe", "coat"}};
    plot.series = {{.name = "bce", .values = {10, 20}}, {.name = "hill", .values = {30, 40}, .spread = {1, 2}}};
    const std::string svg = bar_plot(plot);
    CHECK(is_well_formed(svg));
    for (const char* tooltip : {"shoe, bce: 10.0", "coat, bce: 20.0", "shoe, hill: 30.0", "coat, hill: 40.0"}) CHECK(svg.find(tooltip) != std::string::npos);
}

TEST_CASE("the curves of BCE are softplus and sigmoid") {
    const auto plots = loss_curves({"bce"}, {.from = -2, .to = 2});
    REQUIRE(plots.size() == 4);
    const Series& positive = plots[0].series[0];
    const Series& positive_slope = plots[1].series[0];
    const Series& negative_slope = plots[3].series[0];
    for (std::size_t i = 0; i < positive.x.size(); i += 48) {
        const double p = 1 / (1 + std::exp(-positive.x[i]));
        CHECK(positive.y[i] == Approx(-std::log(p)));
        CHECK(positive_slope.y[i] == Approx(p - 1));
        CHECK(negative_slope.y[i] == Approx(p));
    }
}

TEST_CASE("the curves of cross entropy have nine other logits at 0, against the true class and a wrong one") {
    const auto plots = loss_curves({"cross_entropy"}, {});
    REQUIRE(plots.size() == 4);
    const Series& value = plots[0].series[0];
    CHECK(value.y[0] == Approx(-value.x[0] + std::log(std::exp(value.x[0]) + 9)));
    const Series& wrong = plots[2].series[0];
    CHECK(plots[2].title == "Loss, wrong class");
    CHECK(wrong.y[0] == Approx(std::log(std::exp(wrong.x[0]) + 9)));
    CHECK(plots[3].series[0].y[0] == Approx(std::exp(wrong.x[0]) / (std::exp(wrong.x[0]) + 9)));
}

TEST_CASE("complement cross entropy differs from cross entropy against the logit of a wrong class") {
    const auto plots = loss_curves({"cross_entropy", "cce"}, {});
    const auto same = [](const LinePlot& gradients) {
        const auto& a = gradients.series[0].y;
        const auto& b = gradients.series[1].y;
        return std::equal(a.begin(), a.end(), b.begin(), [](double x, double y) { return std::abs(x - y) < 1e-9; });
    };
    CHECK(same(plots[1]));
    CHECK_FALSE(same(plots[3]));
}

TEST_CASE("a jump of a loss is a gap in its curve, not a slope") {
    const auto plots = loss_curves({"splc"}, {.epoch = 1});
    const auto& y = plots[3].series[0].y;
    CHECK(std::count_if(y.begin(), y.end(), [](double v) { return std::isnan(v); }) == 1);
}

TEST_CASE("all losses of a kind can be drawn on one sheet") {
    CHECK(is_well_formed(plot_sheet(loss_curves({"bce", "wan", "bce_ls", "focal", "asl", "focal_margin", "hill", "splc"}, {}), "losses")));
    CHECK(is_well_formed(plot_sheet(loss_curves({"cross_entropy", "softmax_focal", "complement_entropy", "cce"}, {}), "losses")));
    CHECK_THROWS_AS(loss_curves({"bce", "cce"}, {}), ValueError);
    CHECK_THROWS_AS(loss_curves({"bce"}, {.from = 1, .to = 1}), ValueError);
}
