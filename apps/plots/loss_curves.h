// Losses as functions of one logit.
#pragma once

#include <knoll/apps/plots/plot.h>
#include <knoll/losses/loss.h>

#include <cstdint>
#include <string>
#include <vector>

namespace knoll::apps {

struct LossCurveOptions {
    double from = -6;
    double to = 6;
    int epoch = 1;
    std::int64_t classes = 10;  ///< single label: all other logits are 0; multi-label: matters to losses that depend on their number
};

/// Four plots: value and gradient, for multi-label losses of a positive and of a negative target, for single-label ones against the logit
/// of the true class and against that of a wrong one, with all others at 0. Throws ValueError where the losses take targets of different kinds, or of
/// another kind than these.
std::vector<LinePlot> loss_curves(const std::vector<std::string>& losses, const LossCurveOptions& options);

}  // namespace knoll::apps
