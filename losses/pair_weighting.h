// A metric loss as weights on pairs (Wang et al. 2019, arXiv 1904.06627): the gradient by a pair's similarity is its weight and nothing
// else. What embedding memories train with (in the style of arXiv 2103.14003) is chosen here weight by weight.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll::losses {

/// The mean over anchors of the sum over pairs of (w- - w+) s: similarities [N, M], weights [N, M] of positives and of negatives, which are
/// held constant. The gradient by s is (w- - w+) / N. Throws ShapeError on other shapes.
Tensor weighted_pairs(const Tensor& similarities, const Tensor& positive_weights, const Tensor& negative_weights);

/// 1 for negatives (u8 [N, M]) more similar than the threshold, 0 for all others: hard ones are kept, easy ones discarded.
Tensor hard_negative_weights(const Tensor& similarities, const Tensor& negative, double threshold);
/// For each anchor the same weight for all its positives (u8 [N, M]), which add up to total; 0 where there is none.
Tensor even_weights(const Tensor& positive, double total, DType dtype = DType::f32);

}  // namespace knoll::losses
