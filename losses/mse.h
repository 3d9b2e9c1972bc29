// Squared error.
#pragma once

#include <knoll/losses/elementwise_loss.h>

namespace knoll::losses {

/// (x - t)^2.
struct MseFormula {
    static constexpr TargetKind target_kind = TargetKind::real;
    static Description<MseFormula> about();

    template <class Number>
    Number operator()(const Number& x, const Number& t) const {
        return square(x - t);
    }
};

extern template class ElementwiseLoss<MseFormula>;
using Mse = ElementwiseLoss<MseFormula>;

}  // namespace knoll::losses
