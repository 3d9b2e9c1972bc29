// Line and bar plots as SVG: light background, thin grid, one colour per series, legend above.
#pragma once

#include <knoll/apps/plots/axis.h>

#include <optional>
#include <string>
#include <vector>

namespace knoll::apps {

struct Series {
    std::string name;
    std::vector<double> x;
    std::vector<double> y;
    std::vector<double> spread = {};  ///< half the height of a band around y; none if empty
    bool reference = false;           ///< drawn grey and dashed
};

struct LinePlot {
    std::string title;
    std::string x_label = {};
    std::string y_label = {};
    std::vector<Series> series = {};
    std::optional<Range> y_range = {};  ///< what lies outside is cut off; all of it unless given
    std::optional<Range> limits = {};   ///< no value can be beyond: 0 to 100 for percent
    bool markers = false;
    bool whole_x = false;      ///< x counts something
    bool logarithmic = false;  ///< both axes; all numbers are above 0
    double width = 640;
    double height = 400;
};

/// A whole SVG document.
std::string line_plot(const LinePlot& plot);
/// Plots of the same size, two side by side, in one document; `label` is read out to those who cannot see it.
std::string plot_sheet(const std::vector<LinePlot>& plots, const std::string& label);

struct BarSeries {
    std::string name;
    std::vector<double> values;       ///< one per category
    std::vector<double> spread = {};  ///< half the length of an error bar
    bool reference = false;
};

struct BarPlot {
    std::string title;
    std::string y_label = {};
    std::vector<std::string> categories;
    std::vector<BarSeries> series = {};
    std::optional<double> limit = {};  ///< no value can be higher: 100 for percent
    double width = 1280;
    double height = 420;
};

/// Grouped bars from zero, as a whole SVG document.
std::string bar_plot(const BarPlot& plot);

}  // namespace knoll::apps
