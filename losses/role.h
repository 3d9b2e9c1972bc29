// Regularised online label estimation (ROLE; Cole et al., CVPR 2021, arXiv 2106.09708, section 4.2): beside the network there is a table
// with one logit for every label of every training image, which estimates the labels that nobody noted. The network learns from the
// estimates and the estimates from the network, each held constant in turn, and both keep to the expected number of positives.
#pragma once

#include <knoll/core/rng.h>
#include <knoll/core/tensor.h>

namespace knoll::losses {

/// What `logits` pay, `others` being held constant, for logits, others and labels [N, C] (labels in {0, 1}, 1: observed):
///     (1/2) (mean of y (-log p) + expected_positives_penalty(logits, k)) + (1/2) mean of the cross-entropy of p against sigmoid(others).
/// A scalar. Throws ShapeError on different shapes.
Tensor role_part(const Tensor& logits, const Tensor& others, const Tensor& labels, double k);

/// role_part of the network's logits given the estimates, plus that of the estimates given the logits.
Tensor role_loss(const Tensor& logits, const Tensor& estimates, const Tensor& labels, double k);

/// Estimates as training begins, f32 of labels' shape: observed positives at a probability of 0.995, all others drawn so that their
/// logits are uniform between those of 0.4 and 0.6. Element i is a function of the generator's seed, stream and i.
Tensor initial_estimates(const Tensor& labels, const Rng& rng);

}  // namespace knoll::losses
