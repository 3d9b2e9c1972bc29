#include <knoll/core/ops/activation.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/losses/softmax_focal.h>

namespace knoll::losses {

Description<SoftmaxFocalOptions> SoftmaxFocalOptions::about() {
    return {.name = "softmax_focal",
            .targets = TargetKind::class_index,
            .meaning = "cross-entropy, less of what is easy",
            .paper = "Lin et al. 2017, Focal loss for dense object detection, arXiv 1708.02002",
            .parameters = {parameter<&SoftmaxFocalOptions::gamma>("gamma", not_negative, "how much less: the power of 1 - p"),
                           parameter<&SoftmaxFocalOptions::alpha>("alpha", not_negative, "factor of the loss")}};
}

SoftmaxFocal::SoftmaxFocal(const Options& options, Reduction reduction) : RowLoss(Options::about().name, reduction), options_(options) {
    check_parameters(options);
}

Tensor SoftmaxFocal::rows(const Tensor& logits, const Tensor& classes) const {
    const Tensor u = opposing_logit(split_logits(logits, classes));
    return options_.alpha * exp(options_.gamma * log_sigmoid(u)) * softplus(u);
}

}  // namespace knoll::losses
