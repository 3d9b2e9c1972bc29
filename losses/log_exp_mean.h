// The log-exp mean: one number between smallest, mean and largest, chosen by one parameter.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll::losses {

/// M_g(x) = log(mean of exp(g x)) / g over those x [M, N] of each row where mask [M, N] (u8) is not 0: [M], and 0 for a row that has none.
/// g -> 0 gives the mean, g -> +infinity the largest, g -> -infinity the smallest; all of these g may be given. The gradient by x_i is
/// softmax(g x)_i. Stable at any finite x and g. Throws ValueError on a g that is NaN, ShapeError on other shapes.
Tensor log_exp_mean(const Tensor& x, const Tensor& mask, double g);

}  // namespace knoll::losses
