#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/losses/complement_entropy.h>

namespace knoll::losses {

namespace {

constexpr std::string_view paper = "Chen et al. 2019, Complement objective training, arXiv 1903.01182";

}  // namespace

Tensor complement_entropy(const SplitLogits& split) {
    const Tensor log_p = log_softmax(split.others, 1);
    return -sum(exp(log_p) * log_p, 1);
}

Description<ComplementEntropyOptions> ComplementEntropyOptions::about() {
    return {.name = "complement_entropy",
            .targets = TargetKind::class_index,
            .meaning = "entropy of the wrong classes' probabilities, to be maximised",
            .paper = paper};
}

ComplementEntropy::ComplementEntropy(const Options&, Reduction reduction) : RowLoss(Options::about().name, reduction) {}

Tensor ComplementEntropy::rows(const Tensor& logits, const Tensor& classes) const { return complement_entropy(split_logits(logits, classes)); }

Description<CotObjectiveOptions> CotObjectiveOptions::about() {
    return {.name = "cot_objective",
            .targets = TargetKind::class_index,
            .meaning = "-H/K, the second step of complement objective training",
            .paper = paper,
            .parameters = {parameter<&CotObjectiveOptions::divide_by_all>("divide_by_all", zero_or_one, "1 divides by K (published code), 0 by K - 1 (text)")}};
}

CotObjective::CotObjective(const Options& options, Reduction reduction) : RowLoss(Options::about().name, reduction), options_(options) {}

Tensor CotObjective::rows(const Tensor& logits, const Tensor& classes) const {
    const std::int64_t divisor = options_.divide_by_all ? logits.size(1) : logits.size(1) - 1;
    return complement_entropy(split_logits(logits, classes)) * (-1.0 / static_cast<double>(divisor));
}

}  // namespace knoll::losses
