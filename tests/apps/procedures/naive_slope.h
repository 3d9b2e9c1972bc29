// Gradients of functions in plain doubles, for tests of procedures.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace knoll::test {

using Numbers = std::vector<double>;

/// The gradient of a function of numbers by central differences: right to about eight digits of the function's size. What a method holds
/// constant, the function has to hold constant.
template <class Function>
Numbers naive_slope(const Function& f, Numbers at) {
    constexpr double width = 1e-5;
    Numbers slope(at.size());
    for (std::size_t i = 0; i < at.size(); ++i) {
        const double middle = at[i];
        at[i] = middle + width;
        const double above = f(at);
        at[i] = middle - width;
        slope[i] = (above - f(at)) / (2 * width);
        at[i] = middle;
    }
    return slope;
}

/// Adam with its usual decays, number by number.
class NaiveAdam {
public:
    NaiveAdam(std::size_t count, double rate) : rate_(rate), mean_(count), square_(count) {}

    void step(Numbers& weights, const Numbers& slope) {
        ++steps_;
        for (std::size_t i = 0; i < weights.size(); ++i) {
            mean_[i] = 0.9 * mean_[i] + 0.1 * slope[i];
            square_[i] = 0.999 * square_[i] + 0.001 * slope[i] * slope[i];
            const double m = mean_[i] / (1 - std::pow(0.9, steps_)), v = square_[i] / (1 - std::pow(0.999, steps_));
            weights[i] -= rate_ * m / (std::sqrt(v) + 1e-8);
        }
    }

private:
    double rate_;
    Numbers mean_, square_;
    int steps_ = 0;
};

}  // namespace knoll::test
