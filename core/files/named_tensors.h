// Tensors with names, in order: what npz and safetensors files hold.
#pragma once

#include <knoll/core/tensor.h>

#include <string>
#include <utility>
#include <vector>

namespace knoll {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// The first tensor of that name. Throws IndexError that lists the names there are.
const Tensor& find_tensor(const NamedTensors& tensors, const std::string& name);

}  // namespace knoll
