#include <knoll/losses/huber.h>

namespace knoll::losses {

Description<HuberFormula> HuberFormula::about() {
    return {.name = "huber",
            .targets = target_kind,
            .meaning = "squared error, absolute beyond delta",
            .paper = "Huber 1964, Robust estimation of a location parameter",
            .parameters = {parameter<&HuberFormula::delta>("delta", positive, "where the squared part ends")}};
}

template class ElementwiseLoss<HuberFormula>;

}  // namespace knoll::losses
