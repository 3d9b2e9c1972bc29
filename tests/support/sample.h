// Inputs for tests, and the check of derivatives that most of them share.
#pragma once

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

/// Fails the running test unless the derivatives of f at the inputs are right up to the order.
inline void check_derivatives(int order, const TensorsFunction& f, const std::vector<Tensor>& inputs) {
    CHECK_THAT(f, testing::HasRightGradients(inputs, {.order = order}));
}
inline void check_derivatives(int order, const TensorFunction& f, const Tensor& input) {
    check_derivatives(order, [&](const std::vector<Tensor>& in) { return f(in[0]); }, {input});
}

}  // namespace knoll
