// Reductions over dimensions. An empty list of dims means all; keepdim leaves extents of 1 in their place.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll {

/// Integers sum to i64.
Tensor sum(const Tensor& a, const Dims& dims = {}, bool keepdim = false);
Tensor mean(const Tensor& a, const Dims& dims = {}, bool keepdim = false);
/// Mean squared distance from the mean, over n - correction elements (1: unbiased, as in PyTorch; 0: population).
/// Throws ShapeError where n is not larger than the correction.
Tensor var(const Tensor& a, const Dims& dims = {}, bool keepdim = false, std::int64_t correction = 1);
/// The largest element; equal ones share the gradient evenly. NaN wins. Throws ShapeError on an empty reduction.
Tensor max(const Tensor& a, const Dims& dims = {}, bool keepdim = false);
Tensor min(const Tensor& a, const Dims& dims = {}, bool keepdim = false);
/// The product; the gradient is right at zeros too.
Tensor prod(const Tensor& a, const Dims& dims = {}, bool keepdim = false);

/// log(sum(exp(a))), stable at any a; -inf where everything is -inf.
Tensor logsumexp(const Tensor& a, const Dims& dims = {}, bool keepdim = false);
/// exp(a) / sum(exp(a)) over dims jointly, stable at any finite a. Undefined, and so NaN, where everything is -inf, and at +inf.
Tensor softmax(const Tensor& a, const Dims& dims);
/// log(softmax(a)), without rounding small probabilities to 0 first.
Tensor log_softmax(const Tensor& a, const Dims& dims);

}  // namespace knoll
