// All parameters of a model as one vector: for directions in the space of weights, searches that draw noise, conjugate gradients.
#pragma once

#include <knoll/nn/state_dict.h>

#include <vector>

namespace knoll::nn {

/// The elements of all tensors, one after another: [total]. Differentiable. Throws ValueError on none, DTypeError on different types.
Tensor flatten_parameters(const std::vector<Tensor>& parameters);

/// Stretches of a vector [total] in the shapes of the parameters. Differentiable. Throws ShapeError on another total.
std::vector<Tensor> unflatten_like(const std::vector<Tensor>& parameters, const Tensor& vector);

/// The same by name, as functional_call() takes it.
StateDict unflatten_like(const StateDict& named_parameters, const Tensor& vector);

/// Writes a vector into the parameters in place, unrecorded. Throws ShapeError on another total.
void assign_parameters(const std::vector<Tensor>& parameters, const Tensor& vector);

}  // namespace knoll::nn
