// What a learned loss looks like.
#pragma once

#include <knoll/apps/plots/plot.h>
#include <knoll/core/tensor.h>

namespace knoll::apps {

/// A learned loss (losses/learned_loss.h) against the probability of the true class, the others sharing the rest evenly, beside cross entropy and
/// the squared error of probabilities. Only differences of a loss matter, and its scale is part of the learning rate: each is moved and scaled to
/// be 0 at certainty and 1 at chance, 1 / classes.
LinePlot learned_loss_curve(const Tensor& parameters, std::int64_t classes);

}  // namespace knoll::apps
