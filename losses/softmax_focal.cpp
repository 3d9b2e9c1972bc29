#include <knoll/losses/softmax_focal.h>

namespace knoll::losses {

Description<SoftmaxFocalFormula> SoftmaxFocalFormula::about() {
    return {.name = "softmax_focal",
            .targets = TargetKind::class_index,
            .meaning = "cross-entropy, less of what is easy",
            .paper = "Lin et al. 2017, Focal loss for dense object detection, arXiv 1708.02002",
            .parameters = {parameter<&SoftmaxFocalFormula::gamma>("gamma", not_negative, "how much less: the power of 1 - p"),
                           parameter<&SoftmaxFocalFormula::alpha>("alpha", not_negative, "factor of the loss")}};
}

SoftmaxFocal::SoftmaxFocal(const Options& options, Reduction reduction) : RowLoss(Options::about().name, compile_row_formula(options), reduction) {
    check_parameters(options);
}

}  // namespace knoll::losses
