#include <knoll/nn/optim/rmsprop.h>

#include <knoll/core/kernels/simd.h>

#include <cmath>
#include <limits>

namespace knoll::nn {

void validate(const RMSpropOptions& options) {
    constexpr double unlimited = std::numeric_limits<double>::infinity();
    detail::check_option("RMSprop", "a learning rate", options.learning_rate, unlimited);
    detail::check_option("RMSprop", "an alpha", options.alpha, 1.0);
    detail::check_option("RMSprop", "an epsilon", options.epsilon, unlimited);
    detail::check_option("RMSprop", "a momentum", options.momentum, unlimited);
    detail::check_option("RMSprop", "a weight decay", options.weight_decay, unlimited);
}

std::span<const char* const> RMSprop::state_names(std::size_t group) const {
    static constexpr const char* names[] = {"square_avg", "momentum_buffer"};
    return std::span(names).first(options(group).momentum > 0.0 ? 2 : 1);
}

namespace {

template <class T>
struct RMSpropStep {
    T alpha, rest, epsilon, rate, decay, momentum;
};

template <class T>
void descend(T* w, T* square, const T* gradient, std::int64_t count, const RMSpropStep<T>& step) {
    kernels::run_vectorized([=] {
        for (std::int64_t i = 0; i < count; ++i) {
            const T g = gradient[i] + step.decay * w[i];
            square[i] = step.alpha * square[i] + step.rest * g * g;
            w[i] -= step.rate * g / (std::sqrt(square[i]) + step.epsilon);
        }
    });
}

template <class T>
void descend_with_momentum(T* w, T* square, T* buffer, const T* gradient, std::int64_t count, const RMSpropStep<T>& step) {
    kernels::run_vectorized([=] {
        for (std::int64_t i = 0; i < count; ++i) {
            const T g = gradient[i] + step.decay * w[i];
            square[i] = step.alpha * square[i] + step.rest * g * g;
            buffer[i] = step.momentum * buffer[i] + g / (std::sqrt(square[i]) + step.epsilon);
            w[i] -= step.rate * buffer[i];
        }
    });
}

}  // namespace

void RMSprop::update(const Slice& slice) const {
    const RMSpropOptions& option = options(slice.group);
    visit_floating("RMSprop", slice.dtype, [&](auto zero) {
        using T = decltype(zero);
        const RMSpropStep<T> step{.alpha = static_cast<T>(option.alpha),
                                  .rest = static_cast<T>(1.0 - option.alpha),
                                  .epsilon = static_cast<T>(option.epsilon),
                                  .rate = static_cast<T>(slice.learning_rate),
                                  .decay = static_cast<T>(option.weight_decay),
                                  .momentum = static_cast<T>(option.momentum)};
        T* const w = static_cast<T*>(slice.value);
        T* const square = static_cast<T*>(slice.state[0]);
        T* const buffer = static_cast<T*>(slice.state[1]);
        const T* const gradient = static_cast<const T*>(slice.gradient);
        if (buffer == nullptr)
            descend(w, square, gradient, slice.count, step);
        else
            descend_with_momentum(w, square, buffer, gradient, slice.count, step);
    });
}

}  // namespace knoll::nn
