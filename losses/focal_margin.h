// Focal margin loss (Zhang et al. 2021, arXiv 2112.07368, section 3.4): the focal loss with every positive's logit taken
// down by a margin, so that weak positives keep their gradient longer.
#pragma once

#include <knoll/losses/elementwise_loss.h>
#include <knoll/losses/opposing.h>

namespace knoll::losses {

/// Positives: -(1 - p_m)^gamma log p_m with p_m = sigmoid(x - margin). Negatives: -p^gamma log(1 - p).
struct FocalMarginFormula {
    double margin = 1.0;
    double gamma = 2.0;

    static constexpr TargetKind target_kind = TargetKind::binary;
    static Description<FocalMarginFormula> about();

    Power variants() const { return known_power(gamma); }

    template <class Number, class Gamma>
    Number operator()(const Number& x, const Number& t, const Gamma& known_gamma) const {
        return focal_term(opposing_logit(x, t, margin), known_gamma);
    }
};

extern template class ElementwiseLoss<FocalMarginFormula>;
using FocalMargin = ElementwiseLoss<FocalMarginFormula>;

}  // namespace knoll::losses
