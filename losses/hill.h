// Hill loss (Zhang et al. 2021, arXiv 2112.07368, section 3.3): negatives that the model is sure to be positive are taken for missing
// labels. Their loss is a weighted squared error whose gradient rises to p = 1/2 and falls back to 0: a hill.
// The published code takes log(sigmoid(x)) of every element, which is infinite or NaN at large logits; here it is exact. The
// formula in that code's comment lacks the sign of the positive part; paper and code have it.
#pragma once

#include <knoll/losses/elementwise_loss.h>
#include <knoll/losses/opposing.h>

namespace knoll::losses {

/// Positives: -(1 - p_m)^gamma log p_m with p_m = sigmoid(x - margin). Negatives: (lambda - p) p^2.
/// lambda = 3/2 puts the top of the hill at p = 1/2; below, the gradient is negative for p > 2 lambda / 3.
struct HillFormula {
    double lambda = 1.5;
    double margin = 1.0;
    double gamma = 2.0;

    static constexpr TargetKind target_kind = TargetKind::binary;
    static Description<HillFormula> about();

    Power variants() const { return known_power(gamma); }

    template <class Number, class Gamma>
    Number operator()(const Number& x, const Number& t, const Gamma& known_gamma) const {
        const Number u = opposing_logit(x, t, margin);
        const Number p = sigmoid(u);
        return where(t > 0.5, focal_term(u, known_gamma), (lambda - p) * (p * p));
    }
};

extern template class ElementwiseLoss<HillFormula>;
using Hill = ElementwiseLoss<HillFormula>;

}  // namespace knoll::losses
