// Generalised robust loss (Chen et al. 2024, arXiv 2405.03501) for training sets that name one positive label an image: an unobserved label is
// partly a negative and partly, with a probability that the model's own output suggests, a positive that nobody noted. Both parts are
// losses of the generalised cross-entropy family, (1 - q^a) / a, which lies between -log q (a = 0) and 1 - q (a = 1).
// The published code takes powers of probabilities that may be 0; here they go through logarithms, exact at any logit.
#pragma once

#include <knoll/losses/elementwise_loss.h>
#include <knoll/losses/opposing.h>

namespace knoll::losses {

KNOLL_BEGIN_INLINED

/// (1 - q^a) / a with q = sigmoid(-u), u the logit against the label; -log q in the limit a = 0. Where a (-log q) is so small that the
/// two agree to the last bit, it is the limit.
template <class Number>
Number generalized_cross_entropy(const Number& u, double a) {
    const Number surprise = softplus(u);
    const Number scaled = a * surprise;
    return where(scaled > 1e-20, expm1(-scaled) / -a, surprise);
}
template <class Number>
Number generalized_cross_entropy(const Number& u, Whole<1>) {
    return sigmoid(u);
}

KNOLL_END_INLINED

/// Positives: -log p. Negatives: V (k (1 - p^q2) / q2 + (1 - k) (1 - (1-p)^q3) / q3), where k = sigmoid(w p + b) is the probability that
/// the label was missed and V = exp(-((p - mu) / s)^2 / 2) the trust in this element. k and V are constants under differentiation.
/// w, b, mu and s run in straight lines from their first values to their last over the epochs of the training.
struct GrFormula {
    double w0 = 0.0, wT = 2.0;
    double b0 = -2.0, bT = -2.0;
    double mu0 = 0.5, muT = 0.8;
    double s0 = 2.0, sT = 0.5;
    double q2 = 0.01, q3 = 1.0;
    int horizon = 8;  ///< epochs of the schedules, unless the training says how many it has

    static constexpr TargetKind target_kind = TargetKind::binary;
    static Description<GrFormula> about();

    /// What holds in one epoch.
    struct InEpoch {
        double w, b, mu, s;
        double q2, q3;

        /// q3, which the paper has at 1.
        std::variant<double, Whole<1>> variants() const;

        template <class Number, class Q3>
        Number operator()(const Number& x, const Number& t, const Q3& known_q3) const {
            const Number p = constant_part(sigmoid(x));
            const Number distance = (p - mu) / s;
            const Number trust = exp(-0.5 * (distance * distance));
            const Number evidence = w * p + b;
            const Number missed = sigmoid(evidence) * generalized_cross_entropy(-x, q2);
            const Number absent = sigmoid(-evidence) * generalized_cross_entropy(x, known_q3);
            return where(t > 0.5, softplus(-x), trust * (missed + absent));
        }
    };
    /// As in the published code w and b have gone epoch / T of their way and mu and s (epoch + 1) / T, epochs counted from 0: so the
    /// first two stop a step short of their last values. After T epochs they stay.
    InEpoch for_batch(const BatchInfo& batch) const;
};

extern template class ElementwiseLoss<GrFormula>;
using Gr = ElementwiseLoss<GrFormula>;

}  // namespace knoll::losses
