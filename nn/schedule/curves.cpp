#include <knoll/nn/schedule/curves.h>

#include <knoll/core/error.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace knoll::nn {

namespace {

void require_steps(const char* curve, const char* option, std::int64_t steps) {
    require<ValueError>(steps >= 1, "[", curve, "] expected ", option, " of 1 or more, got ", steps);
}

// From `from` at 0 to `to` at 1 along half a cosine.
double cosine_between(double from, double to, double fraction) { return to + (from - to) * 0.5 * (1.0 + std::cos(std::numbers::pi * fraction)); }

}  // namespace

double StepLR::operator()(double base, std::int64_t step) const {
    require_steps("StepLR", "a step_size", step_size);
    const std::int64_t decays = step / step_size;
    return base * std::pow(gamma, static_cast<double>(decays));
}

double CosineAnnealingLR::operator()(double base, std::int64_t step) const {
    require_steps("CosineAnnealingLR", "a t_max", t_max);
    return cosine_between(base, eta_min, static_cast<double>(step) / static_cast<double>(t_max));
}

double OneCycleLR::operator()(double base, std::int64_t step) const {
    require_steps("OneCycleLR", "total_steps", total_steps);
    require<ValueError>(pct_start >= 0.0 && pct_start <= 1.0, "[OneCycleLR] expected a pct_start in [0, 1], got ", pct_start);
    const double highest = max_learning_rate > 0.0 ? max_learning_rate : base;
    const double first = highest / div_factor;
    const double last = first / final_div_factor;
    const auto end = static_cast<double>(total_steps - 1);
    const double peak = pct_start * static_cast<double>(total_steps) - 1.0;
    const double now = std::min(static_cast<double>(step), end);
    if (now <= peak) return peak > 0.0 ? cosine_between(first, highest, now / peak) : highest;
    return end > peak ? cosine_between(highest, last, (now - peak) / (end - peak)) : last;
}

double LinearLR::operator()(double base, std::int64_t step) const {
    require_steps("LinearLR", "total_iters", total_iters);
    const double fraction = static_cast<double>(std::min(step, total_iters)) / static_cast<double>(total_iters);
    return base * (start_factor + (end_factor - start_factor) * fraction);
}

double WarmUp::operator()(double base, std::int64_t step) const {
    if (step < steps) return LinearLR{.start_factor = start_factor, .end_factor = 1.0, .total_iters = steps}(base, step);
    return then ? then(base, step - steps) : base;
}

}  // namespace knoll::nn
