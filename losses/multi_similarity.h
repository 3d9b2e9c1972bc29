// Multi-similarity loss: Wang et al., CVPR 2019, Multi-similarity loss with general pair weighting, arXiv 1904.06627.
#pragma once

#include <knoll/losses/metric_loss.h>

namespace knoll::losses {

/// Per anchor, log(1 + sum over positives of exp(-alpha (s - base))) / alpha + log(1 + sum over negatives of exp(beta (s - base))) / beta,
/// s = <a, b>, over the pairs that mining keeps: positives less similar than the most similar negative plus epsilon, and negatives more
/// similar than the least similar positive minus epsilon. An anchor that keeps no positive or no negative has no loss. The choice of the
/// pairs has no gradient. With embeddings of length 1, epsilon = 2 keeps every pair.
struct MultiSimilarityOptions {
    double alpha = 2.0;
    double beta = 40.0;
    double base = 0.5;
    double epsilon = 0.1;

    static Description<MultiSimilarityOptions> about();
};

class MultiSimilarity final : public MetricLoss {
public:
    using Options = MultiSimilarityOptions;
    explicit MultiSimilarity(const Options& options = {}, Reduction reduction = Reduction::mean);

private:
    Tensor anchor_losses(const Tensor& anchors, const Tensor& others, const PairMasks& pairs) const override;

    Options options_;
};

}  // namespace knoll::losses
