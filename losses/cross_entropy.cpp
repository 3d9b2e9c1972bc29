#include <knoll/losses/cross_entropy.h>

namespace knoll::losses {

Description<CrossEntropyOptions> CrossEntropyOptions::about() {
    return {.name = "cross_entropy",
            .targets = TargetKind::class_index,
            .meaning = "cross-entropy of a softmax",
            .paper = "textbook; smoothing: Szegedy et al. 2016, Rethinking the Inception architecture, arXiv 1512.00567",
            .parameters = {parameter<&CrossEntropyOptions::smoothing>("smoothing", zero_to_one, "share of the target spread over all classes")}};
}

CrossEntropy::CrossEntropy(const Options& options, Reduction reduction)
    : RowLoss(Options::about().name, compile_row_formula(CrossEntropyFormula{options.smoothing}), reduction, options.class_weights) {
    check_parameters(options);
    if (!options.class_weights.defined()) return;
    require<ShapeError>(options.class_weights.rank() == 1, "[cross_entropy] expected class weights [K], got shape ", options.class_weights.shape());
    for (const double weight : options.class_weights.to_vector())
        require<ValueError>(weight >= 0 && std::isfinite(weight), "[cross_entropy] expected class weights of at least 0, got ", weight);
}

}  // namespace knoll::losses
