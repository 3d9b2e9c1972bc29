#include <knoll/losses/wan.h>

namespace knoll::losses {

Description<WanFormula> WanFormula::about() {
    return {.name = "wan",
            .targets = target_kind,
            .meaning = "binary cross-entropy with weak negatives",
            .paper = "Cole et al. 2021, Multi-label learning from single positive labels, arXiv 2106.09708",
            .parameters = {parameter<&WanFormula::gamma>("gamma", not_negative, "weight of a negative", "1/(C-1)")}};
}

WanFormula WanFormula::for_batch(const BatchInfo& batch) const {
    if (gamma) return *this;
    require<ValueError>(batch.classes > 1, "[wan] expected at least 2 classes for gamma = 1/(C-1), got 1; give gamma");
    return {.gamma = 1.0 / static_cast<double>(batch.classes - 1)};
}

template class ElementwiseLoss<WanFormula>;

}  // namespace knoll::losses
