#include <knoll/nn/optim/clip.h>

#include <knoll/core/kernels/map.h>

#include <cmath>

namespace knoll::nn {

namespace {

// Of one tensor: partial sums over fixed chunks, added in order.
template <class T>
double sum_of_squares(std::span<const T> values) {
    const auto count = static_cast<std::int64_t>(values.size());
    std::vector<double> partial(static_cast<std::size_t>((count + kernels::map_grain - 1) / kernels::map_grain));
    parallel_for(count, kernels::map_grain, [&](std::int64_t begin, std::int64_t end) {
        double total = 0.0;
        for (std::int64_t i = begin; i < end; ++i) {
            const auto value = static_cast<double>(values[static_cast<std::size_t>(i)]);
            total += value * value;
        }
        partial[static_cast<std::size_t>(begin / kernels::map_grain)] = total;
    });
    double total = 0.0;
    for (const double part : partial) total += part;
    return total;
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
