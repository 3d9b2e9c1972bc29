#include <knoll/nn/optim/adam.h>

#include <knoll/core/kernels/simd.h>

#include <cmath>
#include <limits>

namespace knoll::nn {

namespace {

constexpr const char* adam_states[] = {"exp_avg", "exp_avg_sq"};

template <class Options>
void validate_adam(const char* name, const Options& options) {
    constexpr double unlimited = std::numeric_limits<double>::infinity();
    detail::check_option(name, "a learning rate", options.learning_rate, unlimited);
    detail::check_option(name, "a beta1", options.beta1, 1.0);
    detail::check_option(name, "a beta2", options.beta2, 1.0);
    detail::check_option(name, "an epsilon", options.epsilon, unlimited);
    detail::check_option(name, "a weight decay", options.weight_decay, unlimited);
}

// The numbers of one step, found in double and rounded once.
template <class T>
struct AdamStep {
    template <class Options>
    AdamStep(const Options& options, double learning_rate, std::int64_t step)
        : beta1(static_cast<T>(options.beta1)),
          rest1(static_cast<T>(1.0 - options.beta1)),
          beta2(static_cast<T>(options.beta2)),
          rest2(static_cast<T>(1.0 - options.beta2)),
          epsilon(static_cast<T>(options.epsilon)),
          rate(static_cast<T>(learning_rate / (1.0 - std::pow(options.beta1, static_cast<double>(step))))),
          root_correction(static_cast<T>(std::sqrt(1.0 - std::pow(options.beta2, static_cast<double>(step))))) {}

    T beta1, rest1, beta2, rest2, epsilon;
    T rate;             // with the correction of the mean
    T root_correction;  // the square root of the second correction
};

// w := keep * w, then the step along gradient + decay * w.
template <class T>
void descend(T* w, T* mean, T* square, const T* gradient, std::int64_t count, const AdamStep<T>& step, T decay, T keep) {
    kernels::run_vectorized([=] {
        for (std::int64_t i = 0; i < count; ++i) {
            const T g = gradient[i] + decay * w[i];
            const T m = step.beta1 * mean[i] + step.rest1 * g;
            const T v = step.beta2 * square[i] + step.rest2 * g * g;
            mean[i] = m;
            square[i] = v;
            w[i] = keep * w[i] - step.rate * m / (std::sqrt(v) / step.root_correction + step.epsilon);
        }
    });
}

}  // namespace

void validate(const AdamOptions& options) { validate_adam("Adam", options); }
void validate(const AdamWOptions& options) { validate_adam("AdamW", options); }

std::span<const char* const> Adam::state_names(std::size_t) const { return adam_states; }
std::span<const char* const> AdamW::state_names(std::size_t) const { return adam_states; }

void Adam::update(const Slice& slice) const {
    const AdamOptions& option = options(slice.group);
    visit_floating("Adam", slice.dtype, [&](auto zero) {
        using T = decltype(zero);
        descend(static_cast<T*>(slice.value), static_cast<T*>(slice.state[0]), static_cast<T*>(slice.state[1]), static_cast<const T*>(slice.gradient),
                slice.count, AdamStep<T>(option, slice.learning_rate, slice.step), static_cast<T>(option.weight_decay), T{1});
    });
}

void AdamW::update(const Slice& slice) const {
    const AdamWOptions& option = options(slice.group);
    visit_floating("AdamW", slice.dtype, [&](auto zero) {
        using T = decltype(zero);
        descend(static_cast<T*>(slice.value), static_cast<T*>(slice.state[0]), static_cast<T*>(slice.state[1]), static_cast<const T*>(slice.gradient),
                slice.count, AdamStep<T>(option, slice.learning_rate, slice.step), T{0}, static_cast<T>(1.0 - slice.learning_rate * option.weight_decay));
    });
}

}  // namespace knoll::nn
