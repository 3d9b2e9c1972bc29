#include <knoll/apps/plots/frame.h>
#include <knoll/apps/plots/plot.h>
#include <knoll/apps/terminal/display_width.h>
#include <knoll/apps/terminal/table.h>
#include <knoll/core/text.h>

#include <algorithm>
#include <cmath>

namespace knoll::apps {

namespace {

Range value_range(const BarPlot& plot) {
    Range range{0, 0};
    for (const BarSeries& series : plot.series)
        for (std::size_t i = 0; i < series.values.size(); ++i) range.include(series.values[i] + (series.spread.empty() ? 0 : series.spread[i]));
    return range;
}

// Long names stand upright, short ones lie.
struct CategoryLabels {
    bool upright;
    double room;
};

CategoryLabels category_labels(const BarPlot& plot) {
    std::size_t longest = 0;
    for (const std::string& name : plot.categories) longest = std::max(longest, display_width(name));
    const double slot = (plot.width - 78) / static_cast<double>(std::max<std::size_t>(plot.categories.size(), 1));
    const bool upright = 7 * static_cast<double>(longest) > slot - 4;
    return {.upright = upright, .room = upright ? 12 + 6.4 * static_cast<double>(longest) : 24};
}

void draw_category(Svg& svg, const std::string& name, double middle, double y, bool upright) {
    if (upright)
        svg.text({middle + 4, y + 8}, name,
                 text(R"(fill="#57606A" font-size="11" text-anchor="end" transform="rotate(-90 )", fixed(middle + 4, 2), " ", fixed(y + 8, 2), ")\""));
    else
        svg.text({middle, y + 18}, name, R"(fill="#57606A" text-anchor="middle")");
}

}  // namespace

std::string bar_plot(const BarPlot& plot) {
    Svg svg{plot.width, plot.height};
    const std::vector<Pen> pens = pens_for(plot.series);
    const CategoryLabels labels = category_labels(plot);
    const Frame frame = draw_head(svg, plot.width, plot.height, {plot.title, "", plot.y_label}, pens, labels.room, true);
    const Axis axis = make_axis(value_range(plot), {.ticks = 5, .widen = true, .limits = {0, plot.limit.value_or(AxisOptions{}.limits.high)}});
    draw_y_axis(svg, frame, axis, plot.y_label);

    const double slot = frame.width() / static_cast<double>(plot.categories.size());
    const double bar = 0.8 * slot / static_cast<double>(plot.series.size());
    for (std::size_t c = 0; c < plot.categories.size(); ++c) {
        const double left = frame.left + slot * (static_cast<double>(c) + 0.1);
        for (std::size_t s = 0; s < plot.series.size(); ++s) {
            const BarSeries& series = plot.series[s];
            if (std::isnan(series.values[c])) continue;  // a class without examples has no score
            const double top = axis.position(series.values[c], frame.bottom, frame.top);
            const double x = left + bar * static_cast<double>(s);
            svg.rectangle({x, top}, std::max(bar - 0.6, 0.8), frame.bottom - top, text("fill=\"", pens[s].colour, "\""),
                          text(plot.categories[c], ", ", series.name, ": ", fixed(series.values[c], 1)));
            if (series.spread.empty() || series.spread[c] <= 0) continue;
            const double middle = x + bar / 2;
            const double low = axis.position(std::max(series.values[c] - series.spread[c], 0.0), frame.bottom, frame.top);
            const double high = axis.position(std::min(series.values[c] + series.spread[c], axis.range.high), frame.bottom, frame.top);
            svg.line({middle, low}, {middle, high}, R"(stroke="#24292F" stroke-width="1" stroke-opacity="0.6")");
        }
        draw_category(svg, plot.categories[c], left + 0.4 * slot, frame.bottom, labels.upright);
    }
    return svg.str(plot.title);
}

}  // namespace knoll::apps
