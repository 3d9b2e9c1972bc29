// Newton's method on a vector of weights, to a minimum as exact as its type allows: for small models whose derivatives at the minimum
// are wanted. Its steps come from conjugate gradients with Hessian-vector products (Nocedal and Wright 2006, chapter 7).
#pragma once

#include <knoll/core/autograd.h>

namespace knoll::nn {

struct NewtonOptions {
    double tolerance = 1e-8;  ///< done when |gradient| <= tolerance
    int max_steps = 100;
    int max_products = 500;  ///< Hessian-vector products a step
};

struct NewtonResult {
    Tensor solution;
    double value = 0;
    double gradient_norm = 0;
    int steps = 0;
    int products = 0;  ///< in all
    bool converged = false;
};

/// Goes down from start, a vector of f32 or f64, to a minimum of a scalar function that is twice differentiable. Every step is halved
/// until the function falls by enough; where it does not fall at all, the search ends there.
NewtonResult minimize_by_newton(const TensorFunction& f, const Tensor& start, const NewtonOptions& options = {});

}  // namespace knoll::nn
