// A metric loss in the style of ANML, adaptive neighbourhood metric learning (Song et al. 2022, arXiv 2201.08314): log-exp means over
// the positives and over the negatives of an anchor decide which neighbours count. Built from the idea; the paper's own form may differ.
#pragma once

#include <knoll/losses/metric_loss.h>

namespace knoll::losses {

/// softplus(sharpness (D+ - D- + margin)) / sharpness: D+ = M_alpha of the squared distances to the positives, D- = M_{-beta} of those to
/// the negatives (log_exp_mean.h). alpha, beta > 0 look at the hardest neighbours: towards infinity, at one alone, which is `triplet`.
/// alpha < 0 lets go of positives that are far from all others, beta < 0 of negatives that are too near: taken for inseparable, they
/// weigh exponentially little. An anchor without a positive or without a negative has no loss.
struct AnmlOptions {
    double alpha = 2.0;
    double beta = 20.0;
    double sharpness = 5.0;
    double margin = 0.3;

    static Description<AnmlOptions> about();
};

class Anml final : public MetricLoss {
public:
    using Options = AnmlOptions;
    explicit Anml(const Options& options = {}, Reduction reduction = Reduction::mean);

private:
    Tensor anchor_losses(const Tensor& anchors, const Tensor& others, const PairMasks& pairs) const override;

    Options options_;
};

}  // namespace knoll::losses
