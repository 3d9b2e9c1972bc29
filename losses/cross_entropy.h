// Cross-entropy of a softmax.
#pragma once

#include <knoll/losses/row_loss.h>

namespace knoll::losses {

/// -log p of the true class, p = softmax(logits), smoothed.
struct CrossEntropyFormula {
    double smoothing;

    RowNeeds needs() const { return {.margin = smoothing > 0.0}; }

    template <class Number>
    Number operator()(const Row<Number>& row) const {
        const Number of_target = softplus(row.opposing);
        Number hard = row.weight * of_target;
        if (smoothing == 0.0) return hard;
        const Number of_all = (row.total_weight * of_target + row.margin) * (1.0 / row.classes);  // the mean of -w_k log p_k
        return (1.0 - smoothing) * hard + smoothing * of_all;
    }
};

struct CrossEntropyOptions {
    double smoothing = 0.0;     ///< targets are (1 - smoothing) one-hot + smoothing / K (Szegedy et al. 2016)
    Tensor class_weights = {};  ///< [K]: the loss of class g counts weights[g] times; see class_weights.h

    static Description<CrossEntropyOptions> about();
};

/// -log p of the true class, p = softmax(logits). As in PyTorch, with class weights the mean divides by the weights of the batch's
/// targets instead of N, and smoothing weighs every class's share by that class's weight.
class CrossEntropy : public RowLoss {
public:
    using Options = CrossEntropyOptions;
    explicit CrossEntropy(const Options& options = {}, Reduction reduction = Reduction::mean);
};

}  // namespace knoll::losses
