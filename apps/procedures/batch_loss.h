// Losses as procedures want them.
#pragma once

#include <knoll/core/tensor.h>

#include <functional>
#include <string>

namespace knoll::apps {

/// The mean loss of a batch, from logits, labels and the epoch (from 0).
using BatchLoss = std::function<Tensor(const Tensor& logits, const Tensor& labels, int epoch)>;

/// The mean of a loss over its elements or examples. epochs: of the training in all, for losses with a schedule; 0: not known.
BatchLoss batch_loss(const std::string& loss, int epochs = 0);

/// The mean over examples of a single-label loss, each weighted by its class: sum w l / sum w. weights: [classes].
BatchLoss weighted_loss(const std::string& loss, const Tensor& weights);

/// -H / K, H the complement entropy: what the second step of complement objective training minimises.
BatchLoss complement_objective();

}  // namespace knoll::apps
