// Contrastive loss on cosines, as cross-batch memory trains with: Wang et al. 2020, arXiv 1912.06798; the idea is Hadsell et al. 2006.
#pragma once

#include <knoll/losses/metric_loss.h>

namespace knoll::losses {

/// Per anchor, the sum over positives of 1 - s plus the sum over negatives of max(0, s - margin), s = <a, b> for embeddings of length 1.
/// The paper's code has s in place of s - margin for those above the margin: the gradient is the same, the value jumps there.
struct ContrastiveOptions {
    double margin = 0.5;

    static Description<ContrastiveOptions> about();
};

class Contrastive final : public MetricLoss {
public:
    using Options = ContrastiveOptions;
    explicit Contrastive(const Options& options = {}, Reduction reduction = Reduction::mean);

private:
    Tensor anchor_losses(const Tensor& anchors, const Tensor& others, const PairMasks& pairs) const override;

    Options options_;
};

}  // namespace knoll::losses
