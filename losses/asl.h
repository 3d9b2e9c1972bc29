// Asymmetric loss (Ridnik et al., ICCV 2021, arXiv 2009.14119, equations 5 to 7): a focal loss with a power for positives and another
// for negatives, whose negatives moreover count only as far as their probability exceeds `clip`.
#pragma once

#include <knoll/losses/elementwise_loss.h>
#include <knoll/losses/opposing.h>

#include <type_traits>

namespace knoll::losses {

/// Both powers, as doubles or as whole ones.
template <class OfPositive, class OfNegative>
struct KnownPowers {
    OfPositive positive;
    OfNegative negative;

    operator KnownPowers<double, double>() const requires(!std::is_same_v<OfPositive, double>) { return {positive, negative}; }
};

/// Positives: -(1 - p)^gamma_pos log p. Negatives: -r^gamma_neg log(1 - r) with r = max(p - clip, 0). The paper differentiates the
/// weights; the published code holds them constant unless told otherwise: detach. Its logarithms are cut at 1e-8, these are exact.
struct AslFormula {
    double gamma_pos = 1.0;
    double gamma_neg = 4.0;
    double clip = 0.05;
    bool detach = false;

    static constexpr TargetKind target_kind = TargetKind::binary;
    static Description<AslFormula> about();

    /// The powers of the paper's experiments are products: every combination of small whole ones would take too long to compile.
    using Powers = std::variant<KnownPowers<double, double>, KnownPowers<Whole<0>, Whole<4>>, KnownPowers<Whole<1>, Whole<4>>>;
    Powers variants() const;

    template <class Number, class OfPositive, class OfNegative>
    Number operator()(const Number& x, const Number& t, const KnownPowers<OfPositive, OfNegative>& powers) const {
        const bool is_positive = t > 0.5;
        const Number u = opposing_logit(x, t);
        const Number p = sigmoid(u);
        const Number excess = p - clip;
        const Number weight = where(is_positive, focal_weight(u, powers.positive), power(excess, powers.negative));
        // 1 - r = sigmoid(-u) + clip has no small logarithm to protect, as long as there is a clip to speak of.
        const Number negative = where(clip > 1e-30, -log_of_normal(sigmoid(-u) + clip), softplus(u));
        return constant_if(detach, weight) * where(is_positive, softplus(u), where(excess > 0.0, negative, Number(0.0)));
    }
};

extern template class ElementwiseLoss<AslFormula>;
using Asl = ElementwiseLoss<AslFormula>;

}  // namespace knoll::losses
