#include <knoll/losses/complement_entropy.h>

namespace knoll::losses {

namespace {

constexpr std::string_view paper = "Chen et al. 2019, Complement objective training, arXiv 1903.01182";

}  // namespace

Description<ComplementEntropyFormula> ComplementEntropyFormula::about() {
    return {.name = "complement_entropy",
            .targets = TargetKind::class_index,
            .meaning = "entropy of the wrong classes' probabilities, to be maximised",
            .paper = paper};
}

ComplementEntropy::ComplementEntropy(const Options& options, Reduction reduction) : RowLoss(Options::about().name, compile_row_formula(options), reduction) {}

Description<CotObjectiveFormula> CotObjectiveFormula::about() {
    return {.name = "cot_objective",
            .targets = TargetKind::class_index,
            .meaning = "-H/K, the second step of complement objective training",
            .paper = paper,
            .parameters = {parameter<&CotObjectiveFormula::divide_by_all>("divide_by_all", zero_or_one, "1 divides by K (published code), 0 by K - 1 (text)")}};
}

CotObjective::CotObjective(const Options& options, Reduction reduction) : RowLoss(Options::about().name, compile_row_formula(options), reduction) {}

}  // namespace knoll::losses
