#include <knoll/losses/mse.h>

namespace knoll::losses {

Description<MseFormula> MseFormula::about() { return {.name = "mse", .targets = target_kind, .meaning = "squared error", .paper = "textbook"}; }

template class ElementwiseLoss<MseFormula>;

}  // namespace knoll::losses
