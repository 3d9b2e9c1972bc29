// Which of the examples with a small least disagree metric to label: k-means++ seeding (Arthur and Vassilvitskii 2007) with weights, so
// that a batch is near the decision boundary and not all of one kind (Cho et al., ICLR 2024, arXiv 2401.09787, algorithm 2).
//
// The text of the paper draws with probabilities that are linear in the distance; its published code squares them, as k-means++ does.
// So does this.
#pragma once

#include <knoll/core/rng.h>
#include <knoll/core/tensor.h>

#include <vector>

namespace knoll::data::active {

/// The weight of each example from its metric [N], f64 [N] in [0, 1]. With L the (count + 1)-th smallest metric (the smallest positive
/// one if that is 0): 1 up to L, and beyond exp(-(metric - L) / L) scaled such that all beyond add up to at most `count`.
Tensor seeding_weights(const Tensor& metric, std::int64_t count);

/// First the example with the smallest metric, then `count - 1` drawn with probabilities proportional to (weight * distance)^2, distance
/// being the cosine distance of its row of features [N, D] to the nearest picked one. Where all that is left has probability 0 (copies
/// of what is picked), those of the smallest metric follow.
std::vector<std::int64_t> select_by_seeding(const Tensor& metric, const Tensor& features, std::int64_t count, Rng rng);

}  // namespace knoll::data::active
