#include <knoll/losses/cce.h>

namespace knoll::losses {

Description<CceFormula> CceFormula::about() {
    return {.name = "cce",
            .targets = TargetKind::class_index,
            .meaning = "cross-entropy that evens out the wrong classes",
            .paper = "Kim et al. 2020, Imbalanced image classification with complement cross entropy, arXiv 2009.02189",
            .parameters = {parameter<&CceFormula::gamma>("gamma", any_number, "factor of the complement entropy; negative maximises it"),
                           parameter<&CceFormula::divide_by_all>("divide_by_all", zero_or_one, "1 divides the entropy by K, 0 by K - 1")}};
}

Cce::Cce(const Options& options, Reduction reduction) : RowLoss(Options::about().name, compile_row_formula(options), reduction) { check_parameters(options); }

}  // namespace knoll::losses
