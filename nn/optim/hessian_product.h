// Products of one Hessian with many vectors.
#pragma once

#include <knoll/core/autograd.h>

namespace knoll::nn {

/// The Hessian of a scalar function at a point, as conjugate gradients want it: function and gradient are recorded once, and a product
/// costs one backward pass through the gradient. (hvp() records both anew each time.)
class HessianProduct {
public:
    /// Throws ShapeError unless f gives a scalar.
    HessianProduct(const TensorFunction& f, const Tensor& at);

    double value() const { return value_; }
    Tensor gradient() const { return gradient_.detach(); }
    /// H v, of the point's shape.
    Tensor operator()(const Tensor& v) const;

private:
    Tensor at_;
    Tensor gradient_;
    double value_ = 0;
};

}  // namespace knoll::nn
