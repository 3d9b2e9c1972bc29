// What all plots share: margins, title, legend, grid and axis labels.
#pragma once

#include <knoll/apps/plots/axis.h>
#include <knoll/apps/plots/svg.h>

#include <string>
#include <vector>

namespace knoll::apps {

/// How a series is drawn.
struct Pen {
    std::string name;
    std::string colour;
    std::string dash;
};

/// Pens for series in order; a reference is grey and dashed and uses up no colour.
template <class AnySeries>
std::vector<Pen> pens_for(const std::vector<AnySeries>& series) {
    std::vector<Pen> pens;
    std::size_t next = 0;
    for (const AnySeries& one : series) {
        if (one.reference) {
            pens.push_back({one.name, "#6E7781", "6 4"});
        } else {
            pens.push_back({one.name, palette()[next % palette().size()], dash_pattern(next)});
            ++next;
        }
    }
    return pens;
}

/// The rectangle that data are drawn into, in pixels.
struct Frame {
    double left;
    double top;
    double right;
    double bottom;

    double width() const { return right - left; }
    double height() const { return bottom - top; }
};

struct FrameText {
    std::string title;
    std::string x_label;
    std::string y_label;
};

/// Draws background, title and legend, and returns the rectangle below them that leaves room for the labels.
Frame draw_head(Svg& svg, double width, double height, const FrameText& text, const std::vector<Pen>& pens, double label_room, bool swatches);
/// Horizontal grid lines with their numbers, and the label of the vertical axis.
void draw_y_axis(Svg& svg, const Frame& frame, const Axis& axis, const std::string& label);
/// Vertical grid lines with their numbers, and the label of the horizontal axis.
void draw_x_axis(Svg& svg, const Frame& frame, const Axis& axis, const std::string& label);

/// The pen's stroke as SVG attributes.
std::string stroke(const Pen& pen, double width);

}  // namespace knoll::apps
