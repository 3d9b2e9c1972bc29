// The four operations with NumPy broadcasting, and the two that undo and do a broadcast.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll {

// Shapes broadcast; types promote (u8 < i64 < f32 < f64). A plain number takes the tensor's type if that is floating,
// f32 otherwise. Division of integers gives f32.
Tensor operator+(const Tensor& a, const Tensor& b);
Tensor operator-(const Tensor& a, const Tensor& b);
Tensor operator*(const Tensor& a, const Tensor& b);
Tensor operator/(const Tensor& a, const Tensor& b);
Tensor operator+(const Tensor& a, double b);
Tensor operator-(const Tensor& a, double b);
Tensor operator*(const Tensor& a, double b);
Tensor operator/(const Tensor& a, double b);
Tensor operator+(double a, const Tensor& b);
Tensor operator-(double a, const Tensor& b);
Tensor operator*(double a, const Tensor& b);
Tensor operator/(double a, const Tensor& b);
Tensor operator-(const Tensor& a);

/// Repeats a tensor along extents of 1 and new leading dimensions. Throws ShapeError if it does not fit.
Tensor broadcast_to(const Tensor& a, const Shape& shape);
/// Sums a tensor down to a shape that broadcasts to its own: the adjoint of broadcast_to.
Tensor sum_to(const Tensor& a, const Shape& shape);

}  // namespace knoll
