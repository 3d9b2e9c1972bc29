// Learning from label proportions: of a bag of examples only the share of each class is known. The closed forms of L2P-AHIL (Ma et al.
// 2024, arXiv 2411.10364): the loss of a bag, and weights for what the model believes of single examples.
//
// Examples stand bag after bag: logits [B M, K] belong to B bags of M examples; proportions are [B, K], each row of them adding up to 1.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll::losses {

/// The mean over bags of -sum over classes c of r_c log(mean over the bag of p_c), p = softmax(logits): cross-entropy of the known
/// proportions r and the predicted ones. No epsilon: logarithms of means are formed from log p, and a class with r_c = 0 has no
/// share. Differentiable to any order. Throws ShapeError or DTypeError where logits and proportions do not fit, ValueError on
/// proportions that are negative or do not add up to 1, or logits that are not finite.
Tensor proportion_loss(const Tensor& logits, const Tensor& proportions);

struct DualEntropyOptions {
    double bag_width = 5.0;       ///< beta_b: how far a bag's entropy may be from where it should be; above 0
    double instance_width = 5.0;  ///< beta_i: how uncertain a prediction may be; above 0
};

/// One weight in [0, 1] for each example [B M], a constant: exp(-h^2 / beta_i) exp(-(H_c - T_c)^2 / beta_b). h is the entropy of the
/// example's prediction p, and c its most probable class. H_c is the entropy over the bag's examples of p_c, normalised to add up to
/// 1 over the bag; T_c = log(r_c M) is what it would be if r_c M examples had all of it. A class that the bag does not have gets 0.
Tensor dual_entropy_weights(const Tensor& logits, const Tensor& proportions, const DualEntropyOptions& options = {});

/// The shares [B, K] of the classes in bags of `bag` examples: all that may be known of labels [B M] of i64. Throws ShapeError
/// unless the labels are whole bags.
Tensor bag_proportions(const Tensor& labels, std::int64_t bag, std::int64_t classes, DType dtype = DType::f32);

}  // namespace knoll::losses
