// Binary cross-entropy with label smoothing (the AN-LS baseline of Cole et al., CVPR 2021, arXiv 2106.09708): a label is believed with
// probability 1 - epsilon, so targets are 1 - epsilon and epsilon. Other codes call half of that epsilon.
#pragma once

#include <knoll/losses/elementwise_loss.h>
#include <knoll/losses/opposing.h>

namespace knoll::losses {

/// -(1 - epsilon) log q - epsilon log(1 - q).
struct BceLsFormula {
    double epsilon = 0.1;

    static constexpr TargetKind target_kind = TargetKind::binary;
    static Description<BceLsFormula> about();

    template <class Number>
    Number operator()(const Number& x, const Number& t) const {
        const Number u = opposing_logit(x, t);
        return (1.0 - epsilon) * softplus(u) + epsilon * softplus(-u);
    }
};

extern template class ElementwiseLoss<BceLsFormula>;
using BceLs = ElementwiseLoss<BceLsFormula>;

}  // namespace knoll::losses
