// Functions of one element. Each works on f32 and f64 and keeps the shape.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll {

Tensor exp(const Tensor& a);
Tensor log(const Tensor& a);
/// log(1 + a), exact near 0.
Tensor log1p(const Tensor& a);
/// exp(a) - 1, exact near 0.
Tensor expm1(const Tensor& a);
Tensor sqrt(const Tensor& a);
Tensor square(const Tensor& a);
/// a to a constant power. At a = 0 the gradient follows the limit from above.
Tensor pow(const Tensor& a, double exponent);
/// a to the power of b, broadcast; gradients for both.
Tensor pow(const Tensor& a, const Tensor& b);
/// The gradient at 0 is 0.
Tensor abs(const Tensor& a);
Tensor sin(const Tensor& a);
Tensor cos(const Tensor& a);
Tensor tanh(const Tensor& a);

}  // namespace knoll
