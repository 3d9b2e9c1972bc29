// Absolute error.
#pragma once

#include <knoll/losses/elementwise_loss.h>

namespace knoll::losses {

/// |x - t|; the gradient at 0 is 0.
struct MaeFormula {
    static constexpr TargetKind target_kind = TargetKind::real;
    static Description<MaeFormula> about();

    template <class Number>
    Number operator()(const Number& x, const Number& t) const {
        return abs(x - t);
    }
};

extern template class ElementwiseLoss<MaeFormula>;
using Mae = ElementwiseLoss<MaeFormula>;

}  // namespace knoll::losses
