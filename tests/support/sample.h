// Inputs for tests, and the check of derivatives that most of them share.
#pragma once

#include <knoll/core/ops/arithmetic.h>
#include <knoll/testing.h>

#include <cmath>
#include <vector>

namespace knoll {

/// Values in [-1, 1], all different, without a pattern, and the same every time.
inline Tensor sample(const Shape& shape, DType dtype = DType::f64) {
    std::vector<double> values(static_cast<std::size_t>(shape.numel()));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<double>(i) * 2.3 + 0.7);
    return tensor(values, shape, dtype);
}

/// Without a constant derivative below the third order.
inline Tensor cubed(const Tensor& x) { return x * x * x; }

/// A copy that a gradient can be taken by.
inline Tensor leaf(const Tensor& values) { return values.detach().clone().set_requires_grad(); }

/// A copy with another value in one place.
inline Tensor with_element(const Tensor& x, std::int64_t element, double value) {
    Tensor changed = x.clone();
    visit(x.dtype(), [&](auto zero) {
        using T = decltype(zero);
        changed.mutable_data<T>()[static_cast<std::size_t>(element)] = static_cast<T>(value);
    });
    return changed;
}

/// Fails the running test unless the derivatives of f at the inputs are right up to the order.
inline void check_derivatives(int order, const TensorsFunction& f, const std::vector<Tensor>& inputs) {
    CHECK_THAT(f, testing::HasRightGradients(inputs, {.order = order}));
}
inline void check_derivatives(int order, const TensorFunction& f, const Tensor& input) {
    check_derivatives(order, [&](const std::vector<Tensor>& in) { return f(in[0]); }, {input});
}

}  // namespace knoll
