// Learning rates as pure functions of the step: with PyTorch's names, and its values to rounding.
#pragma once

#include <cstdint>
#include <functional>

namespace knoll::nn {

/// The learning rate at a step (from 0) of a group whose own rate is `base`.
using RateCurve = std::function<double(double base, std::int64_t step)>;

/// base * gamma^(step / step_size), the quotient rounded down.
struct StepLR {
    std::int64_t step_size = 1;
    double gamma = 0.1;
    double operator()(double base, std::int64_t step) const;
};

/// From base down to eta_min over t_max steps along half a cosine (Loshchilov and Hutter 2017); past that it rises again.
struct CosineAnnealingLR {
    std::int64_t t_max = 1;
    double eta_min = 0.0;
    double operator()(double base, std::int64_t step) const;
};

/// Up from max / div_factor to max over the first pct_start of all steps, then down to a final_div_factor-th of where it began,
/// both along half cosines (Smith and Topin 2018). The last rate is kept past total_steps. max is max_learning_rate, or base if that is 0.
struct OneCycleLR {
    double max_learning_rate = 0.0;
    std::int64_t total_steps = 1;
    double pct_start = 0.3;
    double div_factor = 25.0;
    double final_div_factor = 1e4;
    double operator()(double base, std::int64_t step) const;
};

/// base times a factor that goes in a straight line from start_factor to end_factor over total_iters steps, and stays there.
struct LinearLR {
    double start_factor = 1.0 / 3.0;
    double end_factor = 1.0;
    std::int64_t total_iters = 5;
    double operator()(double base, std::int64_t step) const;
};

/// A straight line from start_factor * base up to base over so many steps, and then another curve from its beginning
/// (a constant rate if none is given).
struct WarmUp {
    std::int64_t steps = 5;
    double start_factor = 0.1;
    RateCurve then = {};
    double operator()(double base, std::int64_t step) const;
};

}  // namespace knoll::nn
