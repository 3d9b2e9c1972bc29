// The four operations with NumPy broadcasting, and the two that undo and do a broadcast.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll {

// Shapes broadcast; types promote (u8 < i64 < f32 < f64), as in PyTorch. A plain number takes the tensor's type, so that an integer keeps
// integers what they are; but a floating-point number beside integers makes f32 of them, which holds whole numbers up to 2^24 alone:
// convert with .to(DType::f64) for more. An integer that the tensor's type cannot hold is refused with ValueError. Division of integers
// gives f32.
Tensor operator+(const Tensor& a, const Tensor& b);
Tensor operator-(const Tensor& a, const Tensor& b);
Tensor operator*(const Tensor& a, const Tensor& b);
Tensor operator/(const Tensor& a, const Tensor& b);
Tensor operator+(const Tensor& a, PlainNumber b);
Tensor operator-(const Tensor& a, PlainNumber b);
Tensor operator*(const Tensor& a, PlainNumber b);
Tensor operator/(const Tensor& a, PlainNumber b);
Tensor operator+(PlainNumber a, const Tensor& b);
Tensor operator-(PlainNumber a, const Tensor& b);
Tensor operator*(PlainNumber a, const Tensor& b);
Tensor operator/(PlainNumber a, const Tensor& b);
Tensor operator-(const Tensor& a);

/// Repeats a tensor along extents of 1 and new leading dimensions. Throws ShapeError if it does not fit.
Tensor broadcast_to(const Tensor& a, const Shape& shape);
/// Sums a tensor down to a shape that broadcasts to its own: the adjoint of broadcast_to.
Tensor sum_to(const Tensor& a, const Shape& shape);

}  // namespace knoll
