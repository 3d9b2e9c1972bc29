#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/index.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/losses/cross_entropy.h>

namespace knoll::losses {

Description<CrossEntropyOptions> CrossEntropyOptions::about() {
    return {.name = "cross_entropy",
            .targets = TargetKind::class_index,
            .meaning = "cross-entropy of a softmax",
            .paper = "textbook; smoothing: Szegedy et al. 2016, Rethinking the Inception architecture, arXiv 1512.00567",
            .parameters = {parameter<&CrossEntropyOptions::smoothing>("smoothing", zero_to_one, "share of the target spread over all classes")}};
}

CrossEntropy::CrossEntropy(const Options& options, Reduction reduction) : RowLoss(Options::about().name, reduction), options_(options) {
    check_parameters(options);
    if (!options.class_weights.defined()) return;
    require<ShapeError>(options.class_weights.rank() == 1, "[cross_entropy] expected class weights [K], got shape ", options.class_weights.shape());
    for (const double weight : options.class_weights.to_vector())
        require<ValueError>(weight >= 0 && std::isfinite(weight), "[cross_entropy] expected class weights of at least 0, got ", weight);
}

Tensor CrossEntropy::weights_like(const Tensor& logits) const {
    const Tensor& weights = options_.class_weights;
    require<ShapeError>(weights.size(0) == logits.size(-1), "[cross_entropy] expected class weights of shape ", Shape{logits.size(-1)},
                        ", one per class of the logits, got ", weights.shape());
    return weights.detach().to(logits.dtype());
}

Tensor CrossEntropy::rows(const Tensor& logits, const Tensor& classes) const {
    const std::int64_t count = logits.size(0);
    Tensor log_p = log_softmax(logits, 1);
    if (options_.class_weights.defined()) log_p = log_p * weights_like(logits);
    const Tensor hard = -reshape(gather(log_p, 1, reshape(classes, {count, 1})), {count});
    return options_.smoothing == 0.0 ? hard : (1.0 - options_.smoothing) * hard - options_.smoothing * mean(log_p, 1);
}

Tensor CrossEntropy::average(const Tensor& losses, const Tensor& classes) const {
    if (!options_.class_weights.defined()) return mean(losses);
    return sum(losses) / sum(gather(options_.class_weights.detach().to(losses.dtype()), 0, classes));
}

}  // namespace knoll::losses
