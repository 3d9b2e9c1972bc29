#include <knoll/apps/plots/frame.h>

#include <knoll/apps/terminal/display_width.h>
#include <knoll/apps/terminal/table.h>
#include <knoll/core/text.h>

namespace knoll::apps {

namespace {

constexpr double legend_row = 20;
constexpr double character_width = 7;  // of 12 px text, on the generous side
constexpr const char* grid = R"(stroke="#E8EAED" stroke-width="1")";
constexpr const char* zero = R"(stroke="#9AA0A6" stroke-width="1")";
constexpr const char* label_style = R"(fill="#57606A" )";

// Draws the legend from left to right, row by row; returns the height used.
double draw_legend(Svg& svg, double left, double top, double right, const std::vector<Pen>& pens, bool swatches) {
    if (pens.empty()) return 0;
    double x = left;
    double y = top;
    for (const Pen& pen : pens) {
        const double width = 38 + character_width * static_cast<double>(display_width(pen.name));
        if (x > left && x + width > right) {
            x = left;
            y += legend_row;
        }
        if (swatches)
            svg.rectangle({x + 5, y + 4}, 12, 12, text(R"(rx="2" fill=")", pen.colour, "\""));
        else
            svg.line({x, y + 10}, {x + 20, y + 10}, stroke(pen, 2.5));
        svg.text({x + 26, y + 14}, pen.name, R"(fill="#24292F")");
        x += width;
    }
    return y + legend_row - top;
}

}  // namespace

std::string stroke(const Pen& pen, double width) {
    return text(R"(fill="none" stroke=")", pen.colour, "\" stroke-width=\"", width, R"(" stroke-linejoin="round" stroke-linecap="round")",
                pen.dash.empty() ? "" : " stroke-dasharray=\"" + pen.dash + "\"");
}

Frame draw_head(Svg& svg, double width, double height, const FrameText& labels, const std::vector<Pen>& pens, double label_room, bool swatches) {
    svg.rectangle({0, 0}, width, height, R"(fill="#FFFFFF")");
    const double left = labels.y_label.empty() ? 44 : 62;
    double top = 10;
    if (!labels.title.empty()) {
        svg.text({left, top + 14}, labels.title, R"(fill="#24292F" font-size="15" font-weight="600")");
        top += 26;
    }
    top += draw_legend(svg, left, top, width - 10, pens, swatches) + 8;
    return {.left = left, .top = top, .right = width - 16, .bottom = height - label_room - (labels.x_label.empty() ? 0 : 22)};
}

void draw_y_axis(Svg& svg, const Frame& frame, const Axis& axis, const std::string& label) {
    for (const double tick : axis.ticks) {
        const double y = axis.position(tick, frame.bottom, frame.top);
        svg.line({frame.left, y}, {frame.right, y}, tick == 0 ? zero : grid);
        svg.text({frame.left - 8, y + 4}, axis.label(tick), text(label_style, R"(text-anchor="end")"));
    }
    if (label.empty()) return;
    const double middle = (frame.top + frame.bottom) / 2;
    svg.text({16, middle}, label, text(label_style, R"(text-anchor="middle" transform="rotate(-90 16 )", fixed(middle, 1), ")\""));
}

void draw_x_axis(Svg& svg, const Frame& frame, const Axis& axis, const std::string& label) {
    for (const double tick : axis.ticks) {
        const double x = axis.position(tick, frame.left, frame.right);
        svg.line({x, frame.top}, {x, frame.bottom}, tick == 0 ? zero : grid);
        svg.text({x, frame.bottom + 18}, axis.label(tick), text(label_style, R"(text-anchor="middle")"));
    }
    if (!label.empty()) svg.text({(frame.left + frame.right) / 2, frame.bottom + 40}, label, text(label_style, R"(text-anchor="middle")"));
}

}  // namespace knoll::apps
