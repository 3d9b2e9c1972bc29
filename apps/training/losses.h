// Losses as the trainer wants them.
#pragma once

#include <knoll/apps/training/procedure.h>

#include <string>

namespace knoll::apps {

/// The mean of a loss over its elements or examples.
BatchLoss batch_loss(const std::string& loss);

/// The mean over examples of a single-label loss, each weighted by its class: sum w l / sum w. weights: [classes].
BatchLoss weighted_loss(const std::string& loss, const Tensor& weights);

/// -H / K, H the complement entropy: what the second step of complement objective training minimises.
BatchLoss complement_objective();

}  // namespace knoll::apps
