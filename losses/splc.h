// SPLC, self-paced loss correction (Zhang et al. 2021, arXiv 2112.07368, section 3.4 and algorithm 1): the focal margin loss, but from
// change_epoch on a negative whose probability exceeds tau is taken for a missing label and gets the loss of a positive.
#pragma once

#include <knoll/losses/elementwise_loss.h>
#include <knoll/losses/opposing.h>

namespace knoll::losses {

/// The focal margin loss of corrected labels. A corrected label has no margin: the published code shifts logits by the original
/// label. The decision is made anew at every step, and no gradient flows through it.
struct SplcFormula {
    double tau = 0.6;
    int change_epoch = 1;
    double margin = 1.0;
    double gamma = 2.0;

    static constexpr TargetKind target_kind = TargetKind::binary;
    static Description<SplcFormula> about();

    /// What holds in one epoch, with tau as a logit: out of reach before change_epoch.
    struct InEpoch {
        double threshold;
        double margin;
        double gamma;

        Power variants() const { return known_power(gamma); }

        template <class Number, class Gamma>
        Number operator()(const Number& x, const Number& t, const Gamma& known_gamma) const {
            const Number negative = where(x > threshold, -x, x);  // the logit against the label, which may be corrected
            return focal_term(where(t > 0.5, margin - x, negative), known_gamma);
        }
    };
    InEpoch for_batch(const BatchInfo& batch) const;
};

extern template class ElementwiseLoss<SplcFormula>;
using Splc = ElementwiseLoss<SplcFormula>;

}  // namespace knoll::losses
