#include <knoll/losses/splc.h>

#include <cmath>
#include <limits>

namespace knoll::losses {

Description<SplcFormula> SplcFormula::about() {
    return {.name = "splc",
            .targets = target_kind,
            .meaning = "focal margin loss that corrects negatives it is sure to be missing labels",
            .paper = "Zhang et al. 2021, Simple and robust loss design for multi-label learning with missing labels, arXiv 2112.07368",
            .parameters = {parameter<&SplcFormula::tau>("tau", zero_to_one, "probability above which a negative is corrected"),
                           parameter<&SplcFormula::change_epoch>("change_epoch", whole_number, "first epoch with correction, counted from 0"),
                           parameter<&SplcFormula::margin>("margin", any_number, "taken off the logits of positives"),
                           parameter<&SplcFormula::gamma>("gamma", not_negative, "focal power")}};
}

SplcFormula::InEpoch SplcFormula::for_batch(const BatchInfo& batch) const {
    const double never = std::numeric_limits<double>::infinity();
    return {.threshold = batch.epoch >= change_epoch ? std::log(tau / (1.0 - tau)) : never, .margin = margin, .gamma = gamma};
}

template class ElementwiseLoss<SplcFormula>;

}  // namespace knoll::losses
