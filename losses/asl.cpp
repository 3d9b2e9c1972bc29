#include <knoll/losses/asl.h>

namespace knoll::losses {

Description<AslFormula> AslFormula::about() {
    return {.name = "asl",
            .targets = target_kind,
            .meaning = "asymmetric focal loss with shifted negatives",
            .paper = "Ridnik et al. 2021, Asymmetric loss for multi-label classification, arXiv 2009.14119",
            .parameters = {parameter<&AslFormula::gamma_pos>("gamma_pos", not_negative, "focal power of positives"),
                           parameter<&AslFormula::gamma_neg>("gamma_neg", not_negative, "focal power of negatives"),
                           parameter<&AslFormula::clip>("clip", zero_to_one, "probability that a negative may have for free"),
                           parameter<&AslFormula::detach>("detach", zero_or_one, "1 holds the weights constant under differentiation")}};
}

AslFormula::Powers AslFormula::variants() const {
    if (gamma_neg == 4.0 && gamma_pos == 0.0) return KnownPowers<Whole<0>, Whole<4>>{};
    if (gamma_neg == 4.0 && gamma_pos == 1.0) return KnownPowers<Whole<1>, Whole<4>>{};
    return KnownPowers<double, double>{gamma_pos, gamma_neg};
}

template class ElementwiseLoss<AslFormula>;

}  // namespace knoll::losses
