// Symmetric cross-entropy (Wang et al., ICCV 2019, arXiv 1908.06112): cross-entropy learns fast but learns wrong labels too; the
// reverse, with model and label changing places, is bounded, so that no single wrong label costs much.
//
// With one-hot labels the reverse, -sum over k of p_k log q_k, has log 0 for every class but the label's. The paper puts a number A in
// its place, and so the reverse is -A (1 - p_g).
#pragma once

#include <knoll/losses/row_loss.h>

namespace knoll::losses {

/// alpha CE + beta RCE, RCE = -A (1 - p) of the labelled class, p = softmax(logits).
struct SceFormula {
    double alpha = 0.1;
    double beta = 1.0;
    double log_zero = -6.0;  ///< A: what stands for log 0; the published code has log(1e-4) = -9.21

    static Description<SceFormula> about();

    template <class Number>
    Number operator()(const Row<Number>& row) const {
        return alpha * softplus(row.opposing) - (beta * log_zero) * sigmoid(row.opposing);
    }
};

class Sce : public RowLoss {
public:
    using Options = SceFormula;
    explicit Sce(const Options& options = {}, Reduction reduction = Reduction::mean);
};

}  // namespace knoll::losses
