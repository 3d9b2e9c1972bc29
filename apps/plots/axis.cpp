#include <knoll/apps/plots/axis.h>

#include <knoll/apps/terminal/table.h>
#include <knoll/core/error.h>
#include <knoll/core/text.h>

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

// 1, 2, 5, 10, .. from the last that is not above the range to the first that is not below it; over more than three decades the powers of ten
// alone.
std::vector<double> ticks_around(const Range& range) {
    const int first = static_cast<int>(std::floor(std::log10(range.low))), last = static_cast<int>(std::ceil(std::log10(range.high)));
    std::vector<double> ticks;
    for (int power = first; power <= last; ++power)
        for (const double multiple : {1.0, 2.0, 5.0})
            if (multiple == 1 || last - first <= 3) ticks.push_back(power < 0 ? multiple / std::pow(10.0, -power) : multiple * std::pow(10.0, power));
    while (ticks.size() > 1 && ticks[1] <= range.low * (1 + 1e-9)) ticks.erase(ticks.begin());
    while (ticks.size() > 1 && ticks[ticks.size() - 2] >= range.high * (1 - 1e-9)) ticks.pop_back();
    return ticks;
}

Axis logarithmic_axis(Range range, bool widen) {
    if (range.empty()) range = {1, 10};
    require<ValueError>(range.low > 0, "[plot] expected numbers above 0 on a logarithmic axis, got ", range.low);
    if (range.high < range.low * (1 + 1e-9)) range = {range.low / 2, range.high * 2};
    Axis axis{.range = range, .ticks = ticks_around(range), .logarithmic = true};
    if (widen)
        axis.range = {axis.ticks.front(), axis.ticks.back()};
    else
        std::erase_if(axis.ticks, [&](double tick) { return tick < range.low * (1 - 1e-9) || tick > range.high * (1 + 1e-9); });
    return axis;
}

}  // namespace

// On a logarithmic axis each tick has digits of its own.
std::string Axis::label(double tick) const {
    if (!logarithmic) return fixed(tick, decimals);
    return tick < 10'000 ? text(tick) : text(tick / 1000, "k");
}

void Range::include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
}

Range Range::none() { return {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}; }

Axis make_axis(Range range, const AxisOptions& options) {
    if (options.logarithmic) return logarithmic_axis(range, options.widen);
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
