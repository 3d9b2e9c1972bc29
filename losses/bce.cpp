#include <knoll/losses/bce.h>

namespace knoll::losses {

Description<BceFormula> BceFormula::about() { return {.name = "bce", .targets = target_kind, .meaning = "binary cross-entropy", .paper = "textbook"}; }

template class ElementwiseLoss<BceFormula>;

}  // namespace knoll::losses
