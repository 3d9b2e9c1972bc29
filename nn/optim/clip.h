// Limits on gradients, applied in place between backward() and step().
#pragma once

#include <knoll/core/tensor.h>

#include <vector>

namespace knoll::nn {

/// Scales all gradients together so that their joint Euclidean norm is at most max_norm (Pascanu et al. 2013); returns the
/// norm before. Sums in a fixed order. If the norm is not finite, nor are the gradients after. Throws ValueError unless max_norm > 0.
double clip_grad_norm(const std::vector<Tensor>& parameters, double max_norm);
/// Limits every element of every gradient to [-limit, limit]. Throws ValueError unless limit > 0.
void clip_grad_value(const std::vector<Tensor>& parameters, double limit);

}  // namespace knoll::nn
