#include <knoll/losses/hinge.h>

namespace knoll::losses {

Description<HingeFormula> HingeFormula::about() {
    return {.name = "hinge",
            .targets = target_kind,
            .meaning = "distance to the right side of a margin",
            .paper = "Cortes and Vapnik 1995, Support-vector networks",
            .parameters = {parameter<&HingeFormula::margin>("margin", any_number, "how far on the right side costs nothing")}};
}

template class ElementwiseLoss<HingeFormula>;

}  // namespace knoll::losses
