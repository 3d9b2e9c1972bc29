// Binary cross-entropy on logits.
#pragma once

#include <knoll/losses/elementwise_loss.h>
#include <knoll/losses/opposing.h>

namespace knoll::losses {

/// -log q, q being the probability given to the label.
struct BceFormula {
    static constexpr TargetKind target_kind = TargetKind::binary;
    static Description<BceFormula> about();

    template <class Number>
    Number operator()(const Number& x, const Number& t) const {
        return softplus(opposing_logit(x, t));
    }
};

extern template class ElementwiseLoss<BceFormula>;
using Bce = ElementwiseLoss<BceFormula>;

}  // namespace knoll::losses
