// An axis: a range of numbers, where its ticks stand, and how they are written.
#pragma once

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

    /// From the pixel `first` at the low end to `last` at the high end.
    double position(double value, double first, double last) const { return first + (value - range.low) / (range.high - range.low) * (last - first); }
};

struct AxisOptions {
    int ticks = 6;                                                                                       ///< about so many
    bool widen = false;                                                                                  ///< the range to whole ticks
    bool whole_numbers = false;                                                                          ///< no ticks between them
    Range limits = {-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};  ///< no value lies beyond
};

/// Ticks at 1, 2 or 5 times a power of ten within the range.
Axis make_axis(Range range, const AxisOptions& options);

}  // namespace knoll::apps
