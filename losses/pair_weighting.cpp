#include <knoll/losses/pair_weighting.h>

#include <knoll/core/ops/ops.h>

namespace knoll::losses {

Tensor weighted_pairs(const Tensor& similarities, const Tensor& positive_weights, const Tensor& negative_weights) {
    require<ShapeError>(similarities.rank() == 2 && similarities.numel() > 0, "[weighted_pairs] expected similarities [N, M] of at least one pair, got shape ",
                        similarities.shape());
    require<ShapeError>(positive_weights.shape() == similarities.shape() && negative_weights.shape() == similarities.shape(),
                        "[weighted_pairs] expected weights of the similarities' shape ", similarities.shape(), ", got ", positive_weights.shape(), " and ",
                        negative_weights.shape());
    const Tensor weights = (negative_weights - positive_weights).detach();
    return sum(weights * similarities) / static_cast<double>(similarities.size(0));
}

Tensor hard_negative_weights(const Tensor& similarities, const Tensor& negative, double threshold) {
    return (negative * (similarities.detach() > threshold)).to(similarities.dtype());
}

Tensor even_weights(const Tensor& positive, double total, DType dtype) {
    const Tensor marks = positive.to(dtype);
    const Tensor count = sum(marks, 1, true);
    return marks * where(count > 0.0, total / where(count > 0.0, count, 1.0), 0.0);
}

}  // namespace knoll::losses
