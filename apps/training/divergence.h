// Where a run left the rails: what was the first to be infinite or NaN.
#pragma once

#include <knoll/nn/sequential.h>

#include <optional>
#include <string>

namespace knoll::apps {

/// The first parameter or buffer with a value that is not finite, by name.
std::optional<std::string> first_weights_not_finite(const nn::Module& model);

/// Text for an error: the weights that are not finite, or else the first layer, with its op, that makes something that is not finite of
/// these images, or else the loss. Computes a forward pass.
std::string first_not_finite(nn::Sequential& model, const Tensor& images);

}  // namespace knoll::apps
