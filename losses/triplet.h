// Triplet loss on the hardest pairs of a batch: Hermans et al. 2017, In defense of the triplet loss, arXiv 1703.07737, equation 5.
#pragma once

#include <knoll/losses/metric_loss.h>

namespace knoll::losses {

/// max(0, margin + D+ - D-): D+ is the distance to the farthest positive, D- to the nearest negative. soft: log(1 + exp(D+ - D- + margin))
/// in place of the hinge. An anchor without a positive or without a negative has no loss.
struct TripletOptions {
    double margin = 0.2;
    bool soft = false;
    bool squared = false;  ///< squares of the distances

    static Description<TripletOptions> about();
};

class Triplet final : public MetricLoss {
public:
    using Options = TripletOptions;
    explicit Triplet(const Options& options = {}, Reduction reduction = Reduction::mean);

private:
    Tensor anchor_losses(const Tensor& anchors, const Tensor& others, const PairMasks& pairs) const override;

    Options options_;
};

}  // namespace knoll::losses
