// Comparisons and selection. Comparisons give u8 (0 or 1) and have no gradient; shapes broadcast. Tensors of two types are compared
// exactly, without rounding either; a plain number takes the type of a floating tensor first, as in arithmetic.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll {

Tensor operator>(const Tensor& a, const Tensor& b);
Tensor operator<(const Tensor& a, const Tensor& b);
Tensor operator>=(const Tensor& a, const Tensor& b);
Tensor operator<=(const Tensor& a, const Tensor& b);
Tensor operator==(const Tensor& a, const Tensor& b);
Tensor operator!=(const Tensor& a, const Tensor& b);
Tensor operator>(const Tensor& a, PlainNumber b);
Tensor operator<(const Tensor& a, PlainNumber b);
Tensor operator>=(const Tensor& a, PlainNumber b);
Tensor operator<=(const Tensor& a, PlainNumber b);
Tensor operator==(const Tensor& a, PlainNumber b);
Tensor operator!=(const Tensor& a, PlainNumber b);

/// Whether two tensors have one shape and equal elements throughout, whatever their types; false where any is NaN. For programs and tests:
/// EXPECT_TRUE(equal(a, b)). With tolerances: compare() of closeness.h.
bool equal(const Tensor& a, const Tensor& b);

/// The larger of two elements, broadcast; where equal, each gets half of the gradient.
Tensor maximum(const Tensor& a, const Tensor& b);
Tensor minimum(const Tensor& a, const Tensor& b);
/// a limited to [low, high]; the gradient passes inside and at the limits, and is 0 outside.
Tensor clamp(const Tensor& a, double low, double high);
/// a where condition (u8) is not 0, b elsewhere; broadcast. What is not chosen receives the gradient 0, even if it is NaN itself. An op
/// before it whose slope is infinite or NaN there still makes NaN of that 0, as in PyTorch: so choose before the op, not after it,
/// sqrt(where(x > 0, x, 1)) in place of where(x > 0, sqrt(x), 0). In formulas (formula.h) the choice covers every derivative.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& condition, const Tensor& a, PlainNumber b);
Tensor where(const Tensor& condition, PlainNumber a, const Tensor& b);

}  // namespace knoll
