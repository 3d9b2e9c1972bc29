#include <knoll/losses/triplet.h>

#include <knoll/core/ops/ops.h>
#include <knoll/losses/log_exp_mean.h>

#include <limits>

namespace knoll::losses {

Description<TripletOptions> TripletOptions::about() {
    return {.name = "triplet",
            .targets = TargetKind::same_class,
            .meaning = "the farthest positive nearer than the nearest negative",
            .paper = "Hermans et al. 2017, In defense of the triplet loss for person re-identification, arXiv 1703.07737",
            .parameters = {parameter<&TripletOptions::margin>("margin", any_number, "by how much nearer"),
                           parameter<&TripletOptions::soft>("soft", zero_or_one, "1: softplus in place of the hinge"),
                           parameter<&TripletOptions::squared>("squared", zero_or_one, "1: squared distances")}};
}

Triplet::Triplet(const Options& options, Reduction reduction) : MetricLoss(Options::about().name, reduction), options_(options) { check_parameters(options); }

Tensor Triplet::anchor_losses(const Tensor& anchors, const Tensor& others, const PairMasks& pairs) const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const Tensor distances = options_.squared ? pairwise_squared_distances(anchors, others) : pairwise_distances(anchors, others);
    const Tensor excess = log_exp_mean(distances, pairs.positive, infinity) - log_exp_mean(distances, pairs.negative, -infinity) + options_.margin;
    return where(any_marked(pairs.positive) * any_marked(pairs.negative), options_.soft ? softplus(excess) : relu(excess), 0.0);
}

}  // namespace knoll::losses
