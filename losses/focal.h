// Focal loss on independent labels (Lin et al., ICCV 2017, arXiv 1708.02002, equation 4).
#pragma once

#include <knoll/losses/elementwise_loss.h>
#include <knoll/losses/opposing.h>

namespace knoll::losses {

/// -(1 - q)^gamma log q, q being the probability given to the label. The paper differentiates the weight; the code behind several
/// published baselines (ASL with equal gammas) holds it constant, which is another gradient: detach.
struct FocalFormula {
    double gamma = 2.0;
    bool detach = false;

    static constexpr TargetKind target_kind = TargetKind::binary;
    static Description<FocalFormula> about();

    Power variants() const { return known_power(gamma); }

    template <class Number, class Gamma>
    Number operator()(const Number& x, const Number& t, const Gamma& known_gamma) const {
        const Number u = opposing_logit(x, t);
        return constant_if(detach, focal_weight(u, known_gamma)) * softplus(u);
    }
};

extern template class ElementwiseLoss<FocalFormula>;
using Focal = ElementwiseLoss<FocalFormula>;

}  // namespace knoll::losses
