#include <knoll/losses/multi_similarity.h>

#include <knoll/core/ops/ops.h>
#include <knoll/losses/log_exp_mean.h>

#include <limits>

namespace knoll::losses {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// log(1 + sum of exp(a) where the mask is) of each row: a 0 beside the others makes the 1.
Tensor log_one_plus_sum_exp(const Tensor& a, const Tensor& mask) {
    return logsumexp(concat({zeros({a.size(0), 1}, a.dtype()), where(mask, a, -infinity)}, 1), 1);
}

}  // namespace

Description<MultiSimilarityOptions> MultiSimilarityOptions::about() {
    return {.name = "multi_similarity",
            .targets = TargetKind::same_class,
            .meaning = "hard pairs weighed by how similar they and their neighbours are",
            .paper = "Wang et al. 2019, Multi-similarity loss with general pair weighting for deep metric learning, arXiv 1904.06627",
            .parameters = {parameter<&MultiSimilarityOptions::alpha>("alpha", positive, "how sharply positives are weighed"),
                           parameter<&MultiSimilarityOptions::beta>("beta", positive, "how sharply negatives are weighed"),
                           parameter<&MultiSimilarityOptions::base>("base", any_number, "similarity between positives and negatives"),
                           parameter<&MultiSimilarityOptions::epsilon>("epsilon", any_number, "margin of the mining; 2 keeps all pairs")}};
}

MultiSimilarity::MultiSimilarity(const Options& options, Reduction reduction) : MetricLoss(Options::about().name, reduction), options_(options) {
    check_parameters(options);
}

Tensor MultiSimilarity::anchor_losses(const Tensor& anchors, const Tensor& others, const PairMasks& pairs) const {
    const Tensor s = matmul(anchors, others, {.transpose_b = true});
    const Tensor fixed = s.detach();
    const Tensor hardest_positive = unsqueeze(log_exp_mean(fixed, pairs.positive, -infinity), 1);
    const Tensor hardest_negative = unsqueeze(log_exp_mean(fixed, pairs.negative, infinity), 1);
    const Tensor positive = pairs.positive * (fixed < hardest_negative + options_.epsilon);
    const Tensor negative = pairs.negative * (fixed > hardest_positive - options_.epsilon);
    const Tensor complete = any_marked(pairs.positive) * any_marked(pairs.negative) * any_marked(positive) * any_marked(negative);
    const Tensor pull = log_one_plus_sum_exp(options_.alpha * (options_.base - s), positive) / options_.alpha;
    const Tensor push = log_one_plus_sum_exp(options_.beta * (s - options_.base), negative) / options_.beta;
    return where(complete, pull + push, 0.0);
}

}  // namespace knoll::losses
