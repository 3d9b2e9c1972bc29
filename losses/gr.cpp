#include <knoll/losses/gr.h>

#include <algorithm>

namespace knoll::losses {

namespace {

// Below, squares of distances from mu would overflow single precision; and there is nothing to see.
constexpr Range width{.low = 1e-6};
constexpr Range at_least_one{.low = 1, .high = std::numeric_limits<int>::max(), .whole = true};

double on_the_way(double first, double last, double step, double steps) { return first + (last - first) * std::min(step / steps, 1.0); }

}  // namespace

Description<GrFormula> GrFormula::about() {
    return {.name = "gr",
            .targets = target_kind,
            .meaning = "takes an unobserved label for a missed positive as far as the model believes so",
            .paper = "Chen et al. 2024, Boosting single positive multi-label classification with generalized robust loss, arXiv 2405.03501",
            .parameters = {parameter<&GrFormula::w0>("w0", any_number, "slope of the belief in p that a negative was missed, at first"),
                           parameter<&GrFormula::wT>("wT", any_number, "the same at last"), parameter<&GrFormula::b0>("b0", any_number, "its offset at first"),
                           parameter<&GrFormula::bT>("bT", any_number, "the same at last"),
                           parameter<&GrFormula::mu0>("mu0", any_number, "probability of the negatives that count most, at first"),
                           parameter<&GrFormula::muT>("muT", any_number, "the same at last"),
                           parameter<&GrFormula::s0>("s0", width, "width of the weight around it, at first"),
                           parameter<&GrFormula::sT>("sT", width, "the same at last"),
                           parameter<&GrFormula::q2>("q2", not_negative, "0 gives -log p for missed positives, 1 gives 1 - p"),
                           parameter<&GrFormula::q3>("q3", not_negative, "0 gives -log(1 - p) for true negatives, 1 gives p"),
                           parameter<&GrFormula::horizon>("horizon", at_least_one, "epochs from first to last, where the training does not say")}};
}

std::variant<double, Whole<1>> GrFormula::InEpoch::variants() const {
    if (q3 == 1.0) return Whole<1>{};
    return q3;
}

GrFormula::InEpoch GrFormula::for_batch(const BatchInfo& batch) const {
    const double steps = batch.epochs > 0 ? batch.epochs : horizon;
    const double gone = batch.epoch;
    return {.w = on_the_way(w0, wT, gone, steps),
            .b = on_the_way(b0, bT, gone, steps),
            .mu = on_the_way(mu0, muT, gone + 1, steps),
            .s = on_the_way(s0, sT, gone + 1, steps),
            .q2 = q2,
            .q3 = q3};
}

template class ElementwiseLoss<GrFormula>;

}  // namespace knoll::losses
