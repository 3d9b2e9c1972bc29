#include <knoll/losses/contrastive.h>

#include <knoll/core/ops/ops.h>

namespace knoll::losses {

Description<ContrastiveOptions> ContrastiveOptions::about() {
    return {.name = "contrastive",
            .targets = TargetKind::same_class,
            .meaning = "positives as similar as can be, negatives below a margin",
            .paper = "Hadsell et al. 2006; on cosines as in Wang et al. 2020, Cross-batch memory for embedding learning, arXiv 1912.06798",
            .parameters = {parameter<&ContrastiveOptions::margin>("margin", any_number, "similarity up to which a negative costs nothing")}};
}

Contrastive::Contrastive(const Options& options, Reduction reduction) : MetricLoss(Options::about().name, reduction), options_(options) {
    check_parameters(options);
}

Tensor Contrastive::anchor_losses(const Tensor& anchors, const Tensor& others, const PairMasks& pairs) const {
    const Tensor s = matmul(anchors, others, {.transpose_b = true});
    return sum(where(pairs.positive, 1.0 - s, 0.0) + where(pairs.negative, relu(s - options_.margin), 0.0), 1);
}

}  // namespace knoll::losses
