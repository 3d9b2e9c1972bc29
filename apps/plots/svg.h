// Writes SVG: the few elements that a plot needs, with text escaped and numbers kept short.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace knoll::apps {

/// <, >, & and quotes as entities: safe in XML and HTML, in text and in attributes.
std::string escaped(std::string_view text);

/// Colours that stay apart under the common colour blindnesses (after Okabe and Ito 2008), on a light background.
const std::vector<std::string>& palette();
/// The stroke pattern that tells series apart once the palette has been used up.
std::string dash_pattern(std::size_t series);

struct Point {
    double x = 0;
    double y = 0;
};

class Svg {
public:
    Svg(double width, double height) : width_(width), height_(height) {}

    /// attributes: further SVG attributes, as in stroke="#ccc".
    void line(Point from, Point to, std::string_view attributes);
    void rectangle(Point corner, double width, double height, std::string_view attributes, const std::string& tooltip = "");
    void circle(Point center, double radius, std::string_view attributes, const std::string& tooltip = "");
    void path(const std::vector<Point>& points, bool closed, std::string_view attributes);
    void text(Point at, const std::string& text, std::string_view attributes);
    /// Everything drawn between is clipped to the rectangle.
    void begin_clip(Point corner, double width, double height);
    void end_clip();

    /// Another whole document with its corner there.
    void embed(Point corner, const std::string& document);

    /// The whole document; `label` is read out to those who cannot see it.
    std::string str(const std::string& label) const;

private:
    double width_;
    double height_;
    std::string body_;
};

}  // namespace knoll::apps
