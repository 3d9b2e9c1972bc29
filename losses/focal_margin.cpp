#include <knoll/losses/focal_margin.h>

namespace knoll::losses {

Description<FocalMarginFormula> FocalMarginFormula::about() {
    return {.name = "focal_margin",
            .targets = target_kind,
            .meaning = "focal loss whose positives are held to a margin",
            .paper = "Zhang et al. 2021, Simple and robust loss design for multi-label learning with missing labels, arXiv 2112.07368",
            .parameters = {parameter<&FocalMarginFormula::margin>("margin", any_number, "taken off the logits of positives"),
                           parameter<&FocalMarginFormula::gamma>("gamma", not_negative, "focal power")}};
}

template class ElementwiseLoss<FocalMarginFormula>;

}  // namespace knoll::losses
