#include <knoll/nn/optim/clip.h>

#include <knoll/core/kernels/map.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>

namespace knoll::nn {

namespace {

// Eight running sums, which a processor can add side by side, and then their total.
template <class T>
double sum_of_squares(const T* values, std::int64_t count, double scale) {
    constexpr std::int64_t lanes = 8;
    double sums[lanes] = {};
    kernels::run_vectorized([=, &sums] {
        const std::int64_t whole = count - count % lanes;
        const auto square = [=](T element) {
            const double value = static_cast<double>(element) * scale;
            return value * value;
        };
        for (std::int64_t i = 0; i < whole; i += lanes)
            for (std::int64_t lane = 0; lane < lanes; ++lane) sums[lane] += square(values[i + lane]);
        for (std::int64_t i = whole; i < count; ++i) sums[i - whole] += square(values[i]);
    });
    return std::accumulate(std::begin(sums), std::end(sums), 0.0);
}

// Of one tensor: partial sums over fixed chunks, added in order.
template <class T>
double sum_of_squares(std::span<const T> values, double scale) {
    const auto count = static_cast<std::int64_t>(values.size());
    std::vector<double> partial(static_cast<std::size_t>((count + kernels::map_grain - 1) / kernels::map_grain));
    parallel_for(count, kernels::map_grain, [&](std::int64_t begin, std::int64_t end) {
        partial[static_cast<std::size_t>(begin / kernels::map_grain)] = sum_of_squares(values.data() + begin, end - begin, scale);
    });
    return std::accumulate(partial.begin(), partial.end(), 0.0);
}

// Calls f with each gradient there is, as a tensor that may be changed in place.
template <class F>
void for_each_gradient(const std::vector<Tensor>& parameters, const F& f) {
    for (const Tensor& parameter : parameters)
        if (Tensor gradient = parameter.grad(); gradient.defined()) f(gradient.detach());
}

// Of all gradients, each element multiplied by the scale first.
double sum_of_squares(const std::vector<Tensor>& parameters, double scale) {
    double total = 0.0;
    for_each_gradient(parameters, [&](const Tensor& gradient) {
        total += visit_floating("clip_grad_norm", gradient.dtype(), [&](auto zero) { return sum_of_squares(gradient.data<decltype(zero)>(), scale); });
    });
    return total;
}

double largest_magnitude(const std::vector<Tensor>& parameters) {
    double largest = 0.0;
    for_each_gradient(parameters, [&](const Tensor& gradient) {
        visit_floating("clip_grad_norm", gradient.dtype(), [&](auto zero) {
            for (const auto value : gradient.data<decltype(zero)>()) largest = std::max(largest, std::abs(static_cast<double>(value)));
        });
    });
    return largest;
}

// A norm as length * 2^exponent, since it may lie beyond a double.
struct Norm {
    double length = 0;
    int exponent = 0;

    double value() const { return std::ldexp(length, exponent); }
};

// From plain squares where these keep all digits of the sum; else from those of elements scaled by a power of two.
Norm joint_norm(const std::vector<Tensor>& parameters) {
    constexpr double smallest = std::numeric_limits<double>::min() / std::numeric_limits<double>::epsilon();
    const double total = sum_of_squares(parameters, 1.0);
    const Norm plain{std::sqrt(total)};
    if (total >= smallest && total <= std::numeric_limits<double>::max()) return plain;
    const double largest = largest_magnitude(parameters);
    if (largest == 0.0 || !std::isfinite(largest)) return plain;
    const int exponent = std::clamp(std::ilogb(largest), -1022, 1022);  // whose inverse is a normal number too
    return {std::sqrt(sum_of_squares(parameters, std::ldexp(1.0, -exponent))), exponent};
}

// What brings a gradient to the limit; PyTorch adds the guard against division by 0, which would swamp what is smaller than it.
double shrinking_factor(const Norm& norm, double max_norm) {
    constexpr double guard = 1e-6;
    const double value = norm.value();
    return max_norm / (value >= guard ? value + guard : value);
}

// gradient *= factor. Where that is no normal number, by powers of two first: no part of it vanishes or overflows then.
void shrink(Tensor gradient, double factor, const Norm& norm, double max_norm) {
    const double smallest = gradient.dtype() == DType::f32 ? std::numeric_limits<float>::min() : std::numeric_limits<double>::min();
    if (factor >= smallest || !std::isfinite(norm.length)) {
        gradient *= factor;
        return;
    }
    const int exponent = std::ilogb(norm.length) + norm.exponent;
    gradient *= std::ldexp(1.0, -(exponent / 2));
    gradient *= std::ldexp(1.0, -(exponent - exponent / 2));
    gradient *= max_norm / std::ldexp(norm.length, norm.exponent - exponent);
}

}  // namespace

double clip_grad_norm(const std::vector<Tensor>& parameters, double max_norm) {
    require<ValueError>(max_norm > 0.0, "[clip_grad_norm] expected a norm above 0, got ", max_norm);
    const Norm norm = joint_norm(parameters);
    const double factor = shrinking_factor(norm, max_norm);
    if (!(factor >= 1.0)) for_each_gradient(parameters, [&](const Tensor& gradient) { shrink(gradient, factor, norm, max_norm); });
    return norm.value();
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
