#include <knoll/losses/mae.h>

namespace knoll::losses {

Description<MaeFormula> MaeFormula::about() { return {.name = "mae", .targets = target_kind, .meaning = "absolute error", .paper = "textbook"}; }

template class ElementwiseLoss<MaeFormula>;

}  // namespace knoll::losses
