// Binary losses, seen from the label. Let u be the logit of the answer that the label denies: -x for a positive, x for a
// negative. The probability that the model gives to the label is then q = sigmoid(-u), so that
//
//     -log q = softplus(u)        1 - q = sigmoid(u)        log(1 - q) = log_sigmoid(u)
//
// for positives and negatives alike: one exponential and one logarithm per element, exact at any logit.
#pragma once

#include <knoll/core/kernels/inlining.h>
#include <knoll/losses/power.h>

namespace knoll::losses {

KNOLL_BEGIN_INLINED

/// The logit against the label. A margin makes positives harder: their x counts as x - margin.
template <class Number>
Number opposing_logit(const Number& x, const Number& t, double margin = 0.0) {
    return where(t > 0.5, margin - x, x);
}

/// (1 - q)^gamma, the weight of the focal loss (Lin et al. 2017, equation 4). A power that is not whole goes through its logarithm:
/// no power of a number that may underflow to 0, so derivatives of every order stay finite at any gamma.
template <class Number>
Number focal_weight(const Number& u, double gamma) {
    return exp(gamma * log_sigmoid(u));
}
template <class Number, int gamma>
Number focal_weight(const Number& u, Whole<gamma> whole) {
    return power(sigmoid(u), whole);
}

/// -(1 - q)^gamma log q, the term of the focal loss.
template <class Number, class Gamma>
Number focal_term(const Number& u, const Gamma& gamma) {
    return focal_weight(u, gamma) * softplus(u);
}

KNOLL_END_INLINED

}  // namespace knoll::losses
