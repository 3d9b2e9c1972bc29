#include <knoll/nn/optim/sgd.h>

#include <knoll/core/kernels/simd.h>

#include <limits>

namespace knoll::nn {

void validate(const SGDOptions& options) {
    constexpr double unlimited = std::numeric_limits<double>::infinity();
    detail::check_option("SGD", "a learning rate", options.learning_rate, unlimited);
    detail::check_option("SGD", "a momentum", options.momentum, unlimited);
    detail::check_option("SGD", "a weight decay", options.weight_decay, unlimited);
    require<ValueError>(!options.nesterov || options.momentum > 0.0, "[SGD] expected a momentum above 0 with nesterov, got 0");
}

std::span<const char* const> SGD::state_names(std::size_t group) const {
    static constexpr const char* names[] = {"momentum_buffer"};
    return std::span(names).first(options(group).momentum > 0.0 ? 1 : 0);
}

namespace {

template <class T>
void descend(T* w, const T* gradient, std::int64_t count, T rate, T decay) {
    kernels::run_vectorized([=] {
        for (std::int64_t i = 0; i < count; ++i) w[i] -= rate * (gradient[i] + decay * w[i]);
    });
}

template <class T>
void descend_with_momentum(T* w, T* buffer, const T* gradient, std::int64_t count, T rate, T decay, T momentum) {
    kernels::run_vectorized([=] {
        for (std::int64_t i = 0; i < count; ++i) {
            buffer[i] = momentum * buffer[i] + (gradient[i] + decay * w[i]);
            w[i] -= rate * buffer[i];
        }
    });
}

template <class T>
void descend_with_nesterov(T* w, T* buffer, const T* gradient, std::int64_t count, T rate, T decay, T momentum) {
    kernels::run_vectorized([=] {
        for (std::int64_t i = 0; i < count; ++i) {
            const T g = gradient[i] + decay * w[i];
            buffer[i] = momentum * buffer[i] + g;
            w[i] -= rate * (g + momentum * buffer[i]);
        }
    });
}

}  // namespace

void SGD::update(const Slice& slice) const {
    const SGDOptions& option = options(slice.group);
    visit_floating("SGD", slice.dtype, [&](auto zero) {
        using T = decltype(zero);
        T* const w = static_cast<T*>(slice.value);
        T* const buffer = static_cast<T*>(slice.state[0]);
        const T* const gradient = static_cast<const T*>(slice.gradient);
        const T rate = static_cast<T>(slice.learning_rate);
        const T decay = static_cast<T>(option.weight_decay);
        const T momentum = static_cast<T>(option.momentum);
        if (buffer == nullptr)
            descend(w, gradient, slice.count, rate, decay);
        else if (option.nesterov)
            descend_with_nesterov(w, buffer, gradient, slice.count, rate, decay, momentum);
        else
            descend_with_momentum(w, buffer, gradient, slice.count, rate, decay, momentum);
    });
}

}  // namespace knoll::nn
