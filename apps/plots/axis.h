// An axis: a range of numbers, where its ticks stand, and how they are written.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace knoll::apps {

struct Range {
    double low = 0;
    double high = 1;

    /// Takes in a value, unless it is NaN or infinite.
    void include(double value);
    bool empty() const { return low > high; }
    /// Includes nothing yet.
    static Range none();
};

struct Axis {
    Range range;
    std::vector<double> ticks;
    int decimals = 0;  ///< of tick labels
    bool logarithmic = false;

    /// From the pixel `first` at the low end to `last` at the high end.
    double position(double value, double first, double last) const {
        return first + (scaled(value) - scaled(range.low)) / (scaled(range.high) - scaled(range.low)) * (last - first);
    }
    /// How a tick is written.
    std::string label(double tick) const;

private:
    double scaled(double value) const { return logarithmic ? std::log10(value) : value; }
};

struct AxisOptions {
    int ticks = 6;                                                                                       ///< about so many
    bool widen = false;                                                                                  ///< the range to whole ticks
    bool whole_numbers = false;                                                                          ///< no ticks between them
    Range limits = {-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};  ///< no value lies beyond
    bool logarithmic = false;                                                                            ///< takes `widen` alone
};

/// Ticks at multiples of 1, 2 or 5 times a power of ten within the range; on a logarithmic axis at these themselves. Throws ValueError if such an
/// axis is asked for numbers that are not above 0.
Axis make_axis(Range range, const AxisOptions& options);

}  // namespace knoll::apps
