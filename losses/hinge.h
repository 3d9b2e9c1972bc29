// Hinge loss on independent labels (Cortes and Vapnik 1995).
#pragma once

#include <knoll/losses/elementwise_loss.h>

namespace knoll::losses {

/// max(margin - s x, 0), s being 1 for a positive and -1 for a negative.
struct HingeFormula {
    double margin = 1.0;

    static constexpr TargetKind target_kind = TargetKind::binary;
    static Description<HingeFormula> about();

    template <class Number>
    Number operator()(const Number& x, const Number& t) const {
        return relu(margin - (2.0 * t - 1.0) * x);
    }
};

extern template class ElementwiseLoss<HingeFormula>;
using Hinge = ElementwiseLoss<HingeFormula>;

}  // namespace knoll::losses
