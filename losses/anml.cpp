#include <knoll/losses/anml.h>

#include <knoll/core/ops/ops.h>
#include <knoll/losses/log_exp_mean.h>

namespace knoll::losses {

Description<AnmlOptions> AnmlOptions::about() {
    return {.name = "anml",
            .targets = TargetKind::same_class,
            .meaning = "log-exp means over neighbours that count, in the style of ANML",
            .paper = "Song et al. 2022, Adaptive neighborhood metric learning, arXiv 2201.08314",
            .parameters = {parameter<&AnmlOptions::alpha>("alpha", any_number, "of positives: above 0 the far ones count most, below 0 the near ones"),
                           parameter<&AnmlOptions::beta>("beta", any_number, "of negatives: above 0 the near ones count most, below 0 the far ones"),
                           parameter<&AnmlOptions::sharpness>("sharpness", positive, "how near the softplus is to a hinge"),
                           parameter<&AnmlOptions::margin>("margin", any_number, "by how much nearer positives should be, in squared distance")}};
}

Anml::Anml(const Options& options, Reduction reduction) : MetricLoss(Options::about().name, reduction), options_(options) { check_parameters(options); }

Tensor Anml::anchor_losses(const Tensor& anchors, const Tensor& others, const PairMasks& pairs) const {
    const Tensor distances = pairwise_squared_distances(anchors, others);
    const Tensor near = log_exp_mean(distances, pairs.positive, options_.alpha), far = log_exp_mean(distances, pairs.negative, -options_.beta);
    const Tensor loss = softplus(options_.sharpness * (near - far + options_.margin)) / options_.sharpness;
    return where(any_marked(pairs.positive) * any_marked(pairs.negative), loss, 0.0);
}

}  // namespace knoll::losses
