#include <knoll/apps/plots/frame.h>
#include <knoll/apps/plots/plot.h>
#include <knoll/apps/terminal/table.h>
#include <knoll/core/text.h>

#include <cmath>

namespace knoll::apps {

namespace {

Range x_range(const std::vector<Series>& series) {
    Range range = Range::none();
    for (const Series& one : series)
        for (const double x : one.x) range.include(x);
    return range;
}

Range y_range(const std::vector<Series>& series) {
    Range range = Range::none();
    for (const Series& one : series)
        for (std::size_t i = 0; i < one.y.size(); ++i) {
            const double spread = one.spread.empty() ? 0 : one.spread[i];
            range.include(one.y[i] - spread);
            range.include(one.y[i] + spread);
        }
    return range;
}

// Curves that lie on each other for more than four fifths of their length look like one.
bool coincide(const Series& a, const Series& b, const Axis& y) {
    if (a.x != b.x || a.x.empty()) return false;
    constexpr double visible = 0.005;  // of the height
    std::size_t close = 0;
    for (std::size_t i = 0; i < a.y.size(); ++i)
        if (std::abs(y.position(a.y[i], 0, 1) - y.position(b.y[i], 0, 1)) < visible) ++close;
    return 5 * close > 4 * a.y.size();
}

// A curve over another is dashed, so that both show.
Pen pen_over_others(const std::vector<Series>& series, std::size_t index, Pen pen, const Axis& y) {
    for (std::size_t i = 0; i < index; ++i)
        if (pen.dash.empty() && coincide(series[i], series[index], y)) pen.dash = "8 8";
    return pen;
}

class Drawing {
public:
    Drawing(Svg& svg, const Frame& frame, const Axis& x, const Axis& y) : svg_(svg), frame_(frame), x_(x), y_(y) {}

    // A value that is no number leaves a gap in band and curve.
    void band(const Series& series, const Pen& pen) {
        for (const auto& [begin, end] : stretches(series)) {
            std::vector<Point> outline;
            for (std::size_t i = begin; i < end; ++i) outline.push_back(at(series.x[i], series.y[i] + series.spread[i]));
            for (std::size_t i = end; i-- > begin;) outline.push_back(at(series.x[i], series.y[i] - series.spread[i]));
            svg_.path(outline, true, text("fill=\"", pen.colour, R"(" fill-opacity="0.13")"));
        }
    }

    void curve(const Series& series, const Pen& pen) {
        for (const auto& [begin, end] : stretches(series)) {
            std::vector<Point> points;
            for (std::size_t i = begin; i < end; ++i) points.push_back(at(series.x[i], series.y[i]));
            svg_.path(points, false, stroke(pen, 2.2));
        }
    }

    void markers(const Series& series, const Pen& pen) {
        for (std::size_t i = 0; i < series.x.size(); ++i)
            if (std::isfinite(series.y[i]))
                svg_.circle(at(series.x[i], series.y[i]), 3, text("fill=\"", pen.colour, "\""), text(series.name, ": ", fixed(series.y[i], 2)));
    }

private:
    struct Stretch {
        std::size_t begin, end;
    };

    // The longest ones of numbers alone.
    static std::vector<Stretch> stretches(const Series& series) {
        std::vector<Stretch> found;
        for (std::size_t i = 0; i < series.x.size(); ++i) {
            if (!std::isfinite(series.y[i])) continue;
            if (found.empty() || found.back().end != i) found.push_back({i, i});
            found.back().end = i + 1;
        }
        return found;
    }

    Point at(double x, double y) const { return {x_.position(x, frame_.left, frame_.right), y_.position(y, frame_.bottom, frame_.top)}; }

    Svg& svg_;
    const Frame& frame_;
    const Axis& x_;
    const Axis& y_;
};

}  // namespace

std::string line_plot(const LinePlot& plot) {
    Svg svg{plot.width, plot.height};
    const std::vector<Pen> pens = pens_for(plot.series);
    const Frame frame = draw_head(svg, plot.width, plot.height, {plot.title, plot.x_label, plot.y_label}, pens, 26, false);
    const Axis x = make_axis(x_range(plot.series), {.ticks = 8, .whole_numbers = plot.whole_x, .logarithmic = plot.logarithmic});
    const Axis y = make_axis(plot.y_range.value_or(y_range(plot.series)),
                             {.widen = !plot.y_range.has_value(), .limits = plot.limits.value_or(AxisOptions{}.limits), .logarithmic = plot.logarithmic});
    draw_x_axis(svg, frame, x, plot.x_label);
    draw_y_axis(svg, frame, y, plot.y_label);

    // Three pixels beyond the frame, so that markers and strokes on its edge stay whole.
    svg.begin_clip({frame.left - 3, frame.top - 3}, frame.width() + 6, frame.height() + 6);
    Drawing drawing{svg, frame, x, y};
    for (std::size_t i = 0; i < plot.series.size(); ++i)
        if (!plot.series[i].spread.empty()) drawing.band(plot.series[i], pens[i]);
    for (std::size_t i = 0; i < plot.series.size(); ++i) {
        drawing.curve(plot.series[i], pen_over_others(plot.series, i, pens[i], y));
        if (plot.markers) drawing.markers(plot.series[i], pens[i]);
    }
    svg.end_clip();
    return svg.str(plot.title);
}

std::string plot_sheet(const std::vector<LinePlot>& plots, const std::string& label) {
    const double width = plots.front().width;
    const double height = plots.front().height;
    const std::size_t rows = (plots.size() + 1) / 2;
    Svg sheet{2 * width, static_cast<double>(rows) * height};
    for (std::size_t i = 0; i < plots.size(); ++i) {
        const std::size_t row = i / 2, column = i % 2;
        sheet.embed({static_cast<double>(column) * width, static_cast<double>(row) * height}, line_plot(plots[i]));
    }
    return sheet.str(label);
}

}  // namespace knoll::apps
