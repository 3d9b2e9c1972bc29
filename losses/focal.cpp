#include <knoll/losses/focal.h>

namespace knoll::losses {

Description<FocalFormula> FocalFormula::about() {
    return {.name = "focal",
            .targets = target_kind,
            .meaning = "binary cross-entropy, less of what is easy",
            .paper = "Lin et al. 2017, Focal loss for dense object detection, arXiv 1708.02002",
            .parameters = {parameter<&FocalFormula::gamma>("gamma", not_negative, "how much less: the power of 1 - q"),
                           parameter<&FocalFormula::detach>("detach", zero_or_one, "1 holds the weight constant under differentiation")}};
}

template class ElementwiseLoss<FocalFormula>;

}  // namespace knoll::losses
