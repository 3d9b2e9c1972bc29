// Huber loss (Huber 1964): squared near the target, absolute far from it.
#pragma once

#include <knoll/losses/elementwise_loss.h>

namespace knoll::losses {

/// d^2 / 2 for |d| <= delta, delta (|d| - delta / 2) beyond, d = x - t.
struct HuberFormula {
    double delta = 1.0;

    static constexpr TargetKind target_kind = TargetKind::real;
    static Description<HuberFormula> about();

    template <class Number>
    Number operator()(const Number& x, const Number& t) const {
        const Number d = x - t;
        const Number size = abs(d);
        return where(size <= delta, 0.5 * d * d, delta * (size - 0.5 * delta));
    }
};

extern template class ElementwiseLoss<HuberFormula>;
using Huber = ElementwiseLoss<HuberFormula>;

}  // namespace knoll::losses
