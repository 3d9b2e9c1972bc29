#include <knoll/apps/plots/svg.h>

#include <knoll/apps/terminal/table.h>
#include <knoll/core/text.h>

#include <array>

namespace knoll::apps {

namespace {

// Two decimals are a fiftieth of a pixel.
std::string number(double value) {
    std::string digits = fixed(value, 2);
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') digits.pop_back();
    return digits == "-0" ? "0" : digits;
}

std::string element_end(const char* name, const std::string& tooltip) {
    return tooltip.empty() ? "/>\n" : text("><title>", escaped(tooltip), "</title></", name, ">\n");
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '&')
            out += "&amp;";
        else if (c == '"')
            out += "&quot;";
        else if (c == '\'')
            out += "&#39;";
        else
            out += c;
    }
    return out;
}

const std::vector<std::string>& palette() {
    static const std::vector<std::string> colours{"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#5B4B8A", "#8C6D46"};
    return colours;
}

std::string dash_pattern(std::size_t series) {
    static const std::array<const char*, 3> patterns{"", "7 3", "2 3"};
    return patterns[series / palette().size() % patterns.size()];
}

void Svg::line(Point from, Point to, std::string_view attributes) {
    body_ +=
        knoll::text("<line x1=\"", number(from.x), "\" y1=\"", number(from.y), "\" x2=\"", number(to.x), "\" y2=\"", number(to.y), "\" ", attributes, "/>\n");
}

void Svg::rectangle(Point corner, double width, double height, std::string_view attributes, const std::string& tooltip) {
    body_ += knoll::text("<rect x=\"", number(corner.x), "\" y=\"", number(corner.y), "\" width=\"", number(width), "\" height=\"", number(height), "\" ",
                         attributes, element_end("rect", tooltip));
}

void Svg::circle(Point center, double radius, std::string_view attributes, const std::string& tooltip) {
    body_ += knoll::text("<circle cx=\"", number(center.x), "\" cy=\"", number(center.y), "\" r=\"", number(radius), "\" ", attributes,
                         element_end("circle", tooltip));
}

void Svg::path(const std::vector<Point>& points, bool closed, std::string_view attributes) {
    body_ += "<path d=\"";
    for (std::size_t i = 0; i < points.size(); ++i) body_ += knoll::text(i == 0 ? "M" : "L", number(points[i].x), " ", number(points[i].y));
    body_ += knoll::text(closed ? "Z" : "", "\" ", attributes, "/>\n");
}

void Svg::text(Point at, const std::string& text, std::string_view attributes) {
    body_ += knoll::text("<text x=\"", number(at.x), "\" y=\"", number(at.y), "\" ", attributes, ">", escaped(text), "</text>\n");
}

void Svg::begin_clip(Point corner, double width, double height) {
    // A nested svg clips without an id, which would have to be unique among all plots of a page.
    body_ += knoll::text("<svg x=\"", number(corner.x), "\" y=\"", number(corner.y), "\" width=\"", number(width), "\" height=\"", number(height),
                         "\" viewBox=\"", number(corner.x), " ", number(corner.y), " ", number(width), " ", number(height), "\">\n");
}

void Svg::end_clip() { body_ += "</svg>\n"; }

void Svg::embed(Point corner, const std::string& document) {
    const std::string place = knoll::text("<svg x=\"", number(corner.x), "\" y=\"", number(corner.y), "\"");
    body_ += place + document.substr(std::string("<svg").size());
}

std::string Svg::str(const std::string& label) const {
    return knoll::text(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 )", number(width_), " ", number(height_), "\" width=\"", number(width_),
                       "\" height=\"", number(height_), R"(" role="img" aria-label=")", escaped(label),
                       "\" font-family=\"system-ui, 'DejaVu Sans', sans-serif\" font-size=\"12\">\n", body_, "</svg>\n");
}

}  // namespace knoll::apps
