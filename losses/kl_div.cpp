#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/losses/kl_div.h>
#include <knoll/losses/row_loss.h>

namespace knoll::losses {

namespace {

constexpr double sum_tolerance = 1e-3;  // of a row of float probabilities

void check_distributions(const std::string& name, const Tensor& logits, const Tensor& targets) {
    require<ShapeError>(targets.shape() == logits.shape(), "[", name, "] expected targets of the logits' shape ", logits.shape(), ", got ", targets.shape());
    require<AutogradError>(!targets.requires_grad(), "[", name, "] expected targets that need no gradient, got some that require it; detach() them");
    const std::vector<double> probabilities = targets.to_vector();
    const auto classes = static_cast<std::size_t>(logits.size(1));
    for (std::size_t row = 0; row < probabilities.size(); row += classes) {
        double total = 0;
        for (std::size_t c = 0; c < classes; ++c) {
            require<ValueError>(probabilities[row + c] >= 0, "[", name, "] expected probabilities as targets, got ", probabilities[row + c], " at index [",
                                row / classes, ", ", c, "]");
            total += probabilities[row + c];
        }
        require<ValueError>(std::abs(total - 1) <= sum_tolerance, "[", name, "] expected targets that add up to 1 in every row, got ", total, " in row ",
                            row / classes);
    }
}

}  // namespace

Description<KlDivOptions> KlDivOptions::about() {
    return {.name = "kl_div",
            .targets = TargetKind::distribution,
            .meaning = "divergence of a softmax from given probabilities",
            .paper = "Hinton et al. 2015, Distilling the knowledge in a neural network, arXiv 1503.02531"};
}

KlDiv::KlDiv(const Options&, Reduction reduction) : Loss(std::string(Options::about().name), TargetKind::distribution, reduction) {}

Tensor KlDiv::evaluate(const Tensor& logits, const Tensor& targets, const LossContext&) const {
    check_rows(name(), logits);
    check_distributions(name(), logits, targets);
    const Tensor t = targets.to(logits.dtype());
    const Tensor occurs = t > 0.0;
    // A class of probability 0 has no share, even where its logit, or log p, is -infinity.
    Tensor losses = sum(t * where(occurs, log(where(occurs, t, 1.0)) - log_softmax(logits, 1), 0.0), 1);
    check_value(name(), logits, losses);
    if (reduction() == Reduction::none) return losses;
    return reduction() == Reduction::sum ? sum(losses) : mean(losses);
}

}  // namespace knoll::losses
