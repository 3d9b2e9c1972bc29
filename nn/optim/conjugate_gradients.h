// Conjugate gradients (Hestenes and Stiefel 1952): solves A x = b for a symmetric positive definite A of which only products with vectors
// are known, such as a Hessian's.
#pragma once

#include <knoll/core/autograd.h>

namespace knoll::nn {

struct ConjugateGradientsOptions {
    double damping = 0;       ///< solves (A + damping I) x = b
    double tolerance = 1e-8;  ///< done when |b - A x| <= tolerance |b|
    int max_iterations = 1000;
    Tensor start = {};                        ///< first x; zeros if undefined
    bool stop_at_negative_curvature = false;  ///< ends there with what there is instead of throwing: for steps that only have to descend
};

struct ConjugateGradientsResult {
    Tensor solution;
    int iterations = 0;             ///< products taken
    double residual = 0;            ///< |b - A x| / |b|, as the iteration carries it along
    bool converged = true;          ///< within the tolerance
    bool positive_definite = true;  ///< no negative curvature was met
};

/// product(v) is A v, of b's shape and type. Throws ValueError, unless it is to stop there, where v^T A v (with the damping) is not positive, and says how much
/// damping it takes at least; ShapeError or DTypeError on a product that is not like b.
ConjugateGradientsResult conjugate_gradients(const TensorFunction& product, const Tensor& b, const ConjugateGradientsOptions& options = {});

}  // namespace knoll::nn
