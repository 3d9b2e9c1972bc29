#include <knoll/core/ops/activation.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/losses/cce.h>
#include <knoll/losses/complement_entropy.h>

namespace knoll::losses {

Description<CceOptions> CceOptions::about() {
    return {.name = "cce",
            .targets = TargetKind::class_index,
            .meaning = "cross-entropy that evens out the wrong classes",
            .paper = "Kim et al. 2020, Imbalanced image classification with complement cross entropy, arXiv 2009.02189",
            .parameters = {parameter<&CceOptions::gamma>("gamma", any_number, "factor of the complement entropy; negative maximises it"),
                           parameter<&CceOptions::divide_by_all>("divide_by_all", zero_or_one, "1 divides the entropy by K, 0 by K - 1")}};
}

Cce::Cce(const Options& options, Reduction reduction) : RowLoss(Options::about().name, reduction), options_(options) { check_parameters(options); }

Tensor Cce::rows(const Tensor& logits, const Tensor& classes) const {
    const SplitLogits split = split_logits(logits, classes);
    const std::int64_t divisor = options_.divide_by_all ? logits.size(1) : logits.size(1) - 1;
    return softplus(opposing_logit(split)) + complement_entropy(split) * (options_.gamma / static_cast<double>(divisor));
}

}  // namespace knoll::losses
