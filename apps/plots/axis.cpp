#include <knoll/apps/plots/axis.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace knoll::apps {

namespace {

double nice_step(double span, int about) {
    const double raw = span / about;
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    for (const double multiple : {1.0, 2.0, 5.0})
        if (raw <= multiple * power * (1 + 1e-9)) return multiple * power;
    return 10 * power;
}

}  // namespace

void Range::include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
}

Range Range::none() { return {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}; }

Axis make_axis(Range range, const AxisOptions& options) {
    if (range.empty()) range = {0, 1};
    if (range.high - range.low < 1e-12 * std::max(1.0, std::abs(range.low))) range = {range.low - 0.5, range.high + 0.5};
    const double smallest_step = options.whole_numbers ? 1.0 : 0.0;
    const double step = std::max(nice_step(range.high - range.low, options.ticks), smallest_step);
    if (options.widen) range = {std::floor(range.low / step + 1e-9) * step, std::ceil(range.high / step - 1e-9) * step};
    range = {std::max(range.low, options.limits.low), std::min(range.high, options.limits.high)};

    Axis axis{.range = range, .ticks = {}, .decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)))};
    for (double tick = std::ceil(range.low / step - 1e-9); tick * step <= range.high + 1e-9 * step; ++tick) axis.ticks.push_back(tick * step);
    return axis;
}

}  // namespace knoll::apps
