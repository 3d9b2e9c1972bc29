#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/order.h>
#include <knoll/losses/bootstrapping.h>
#include <knoll/losses/cross_entropy.h>

namespace knoll::losses {

namespace {

double label_share(const BootstrappingOptions& options) {
    check_parameters(options);
    return options.beta.value_or(options.hard ? 0.8 : 0.95);
}

RowFormulaPtr formula_of(const BootstrappingOptions& options) {
    if (options.hard) return compile_row_formula(CrossEntropyFormula{0.0});
    return compile_row_formula(SoftBootstrappingFormula{label_share(options)});
}

}  // namespace

Description<BootstrappingOptions> BootstrappingOptions::about() {
    return {.name = "bootstrapping",
            .targets = TargetKind::class_index,
            .meaning = "cross-entropy against a mixture of the label and the model's own prediction",
            .paper = "Reed et al. 2015, Training deep neural networks on noisy labels with bootstrapping, arXiv 1412.6596",
            .parameters = {parameter<&BootstrappingOptions::beta>("beta", zero_to_one, "share of the label", "0.95, or 0.8 if hard"),
                           parameter<&BootstrappingOptions::hard>("hard", zero_or_one, "1 mixes in the most probable class, 0 all probabilities")}};
}

Bootstrapping::Bootstrapping(const Options& options, Reduction reduction)
    : Loss(std::string(Options::about().name), TargetKind::class_index, reduction),
      hard_(options.hard),
      beta_(label_share(options)),
      rows_(Options::about().name, formula_of(options), reduction) {}

Tensor Bootstrapping::evaluate(const Tensor& logits, const Tensor& targets, const LossContext&) const {
    Tensor of_label = rows_(logits, targets);
    if (!hard_) return of_label;
    return beta_ * of_label + (1.0 - beta_) * rows_(logits, argmax(logits.detach(), 1));
}

}  // namespace knoll::losses
