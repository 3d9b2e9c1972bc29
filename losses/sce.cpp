#include <knoll/losses/sce.h>

namespace knoll::losses {

namespace {

constexpr Range not_positive{.high = 0};

}  // namespace

Description<SceFormula> SceFormula::about() {
    return {.name = "sce",
            .targets = TargetKind::class_index,
            .meaning = "cross-entropy and its bounded reverse, for wrong labels",
            .paper = "Wang et al. 2019, Symmetric cross entropy for robust learning with noisy labels, arXiv 1908.06112",
            .parameters = {parameter<&SceFormula::alpha>("alpha", not_negative, "factor of cross-entropy"),
                           parameter<&SceFormula::beta>("beta", not_negative, "factor of the reverse"),
                           parameter<&SceFormula::log_zero>("log_zero", not_positive, "what stands for log 0 in the reverse")}};
}

Sce::Sce(const Options& options, Reduction reduction) : RowLoss(Options::about().name, compile_row_formula(options), reduction) { check_parameters(options); }

}  // namespace knoll::losses
