#include <knoll/losses/hill.h>

namespace knoll::losses {

Description<HillFormula> HillFormula::about() {
    return {.name = "hill",
            .targets = target_kind,
            .meaning = "focal margin loss for positives; squared error that forgives likely missing labels for negatives",
            .paper = "Zhang et al. 2021, Simple and robust loss design for multi-label learning with missing labels, arXiv 2112.07368",
            .parameters = {parameter<&HillFormula::lambda>("lambda", not_negative, "weight of a negative is lambda - p"),
                           parameter<&HillFormula::margin>("margin", any_number, "taken off the logits of positives"),
                           parameter<&HillFormula::gamma>("gamma", not_negative, "focal power of positives")}};
}

template class ElementwiseLoss<HillFormula>;

}  // namespace knoll::losses
