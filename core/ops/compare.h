// Comparisons and selection. Comparisons give u8 (0 or 1) and have no gradient; shapes broadcast.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll {

Tensor operator>(const Tensor& a, const Tensor& b);
Tensor operator<(const Tensor& a, const Tensor& b);
Tensor operator>=(const Tensor& a, const Tensor& b);
Tensor operator<=(const Tensor& a, const Tensor& b);
Tensor operator==(const Tensor& a, const Tensor& b);
Tensor operator!=(const Tensor& a, const Tensor& b);
Tensor operator>(const Tensor& a, double b);
Tensor operator<(const Tensor& a, double b);
Tensor operator>=(const Tensor& a, double b);
Tensor operator<=(const Tensor& a, double b);
Tensor operator==(const Tensor& a, double b);
Tensor operator!=(const Tensor& a, double b);

/// The larger of two elements, broadcast; where equal, each gets half of the gradient.
Tensor maximum(const Tensor& a, const Tensor& b);
Tensor minimum(const Tensor& a, const Tensor& b);
/// a limited to [low, high]; the gradient passes inside and at the limits, and is 0 outside.
Tensor clamp(const Tensor& a, double low, double high);
/// a where condition (u8) is not 0, b elsewhere; broadcast. What is not chosen contributes no gradient, even if it is NaN.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& condition, const Tensor& a, double b);
Tensor where(const Tensor& condition, double a, const Tensor& b);

}  // namespace knoll
