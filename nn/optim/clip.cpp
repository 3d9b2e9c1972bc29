#include <knoll/nn/optim/clip.h>

#include <knoll/core/kernels/map.h>

#include <cmath>
#include <iterator>
#include <numeric>

namespace knoll::nn {

namespace {

// Eight running sums, which a processor can add side by side, and then their total.
template <class T>
double sum_of_squares(const T* values, std::int64_t count) {
    constexpr std::int64_t lanes = 8;
    double sums[lanes] = {};
    kernels::run_vectorized([=, &sums] {
        const std::int64_t whole = count - count % lanes;
        for (std::int64_t i = 0; i < whole; i += lanes)
            for (std::int64_t lane = 0; lane < lanes; ++lane) {
                const auto value = static_cast<double>(values[i + lane]);
                sums[lane] += value * value;
            }
        for (std::int64_t i = whole; i < count; ++i) sums[i - whole] += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    });
    return std::accumulate(std::begin(sums), std::end(sums), 0.0);
}

// Of one tensor: partial sums over fixed chunks, added in order.
template <class T>
double sum_of_squares(std::span<const T> values) {
    const auto count = static_cast<std::int64_t>(values.size());
    std::vector<double> partial(static_cast<std::size_t>((count + kernels::map_grain - 1) / kernels::map_grain));
    parallel_for(count, kernels::map_grain, [&](std::int64_t begin, std::int64_t end) {
        partial[static_cast<std::size_t>(begin / kernels::map_grain)] = sum_of_squares(values.data() + begin, end - begin);
    });
    return std::accumulate(partial.begin(), partial.end(), 0.0);
}

// Calls f with each gradient there is, as a tensor that may be changed in place.
template <class F>
void for_each_gradient(const std::vector<Tensor>& parameters, const F& f) {
    for (const Tensor& parameter : parameters)
        if (Tensor gradient = parameter.grad(); gradient.defined()) f(gradient.detach());
}

}  // namespace

double clip_grad_norm(const std::vector<Tensor>& parameters, double max_norm) {
    require<ValueError>(max_norm > 0.0, "[clip_grad_norm] expected a norm above 0, got ", max_norm);
    double total = 0.0;
    for_each_gradient(parameters, [&](const Tensor& gradient) {
        total += visit_floating("clip_grad_norm", gradient.dtype(), [&](auto zero) { return sum_of_squares(gradient.data<decltype(zero)>()); });
    });
    const double norm = std::sqrt(total);
    constexpr double guard = 1e-6;  // PyTorch's, against division by 0
    const double factor = max_norm / (norm + guard);
    if (!(factor >= 1.0)) for_each_gradient(parameters, [&](Tensor gradient) { gradient *= factor; });
    return norm;
}

void clip_grad_value(const std::vector<Tensor>& parameters, double limit) {
    require<ValueError>(limit > 0.0, "[clip_grad_value] expected a limit above 0, got ", limit);
    for_each_gradient(parameters, [&](Tensor gradient) {
        visit_floating("clip_grad_value", gradient.dtype(), [&](auto zero) {
            using T = decltype(zero);
            const auto values = gradient.mutable_data<T>();
            kernels::map_unary(values.data(), values.data(), gradient.numel(), [high = static_cast<T>(limit)](T x) {
                const T below = x < -high ? -high : x;
                return below > high ? high : below;
            });
        });
    });
}

}  // namespace knoll::nn
