// Limits on gradients, applied in place between backward() and step().
#pragma once

#include <knoll/core/tensor.h>

#include <vector>

namespace knoll::nn {

/// Scales all gradients together so that their joint Euclidean norm is at most max_norm (Pascanu et al. 2013); returns the
/// norm before (infinite where it is beyond a double). Sums in a fixed order, of squares that neither overflow nor vanish. Where a gradient
/// is not finite, nor are those after. As in PyTorch 1e-6 is added to the norm, unless that is smaller still. Throws ValueError unless max_norm > 0.
double clip_grad_norm(const std::vector<Tensor>& parameters, double max_norm);
/// Limits every element of every gradient to [-limit, limit]. Throws ValueError unless limit > 0.
void clip_grad_value(const std::vector<Tensor>& parameters, double limit);

}  // namespace knoll::nn
