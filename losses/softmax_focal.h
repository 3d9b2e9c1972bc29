// Focal loss of a softmax: the single-label form of Lin et al., ICCV 2017, arXiv 1708.02002, equation 5.
#pragma once

#include <knoll/losses/row_loss.h>

namespace knoll::losses {

/// -alpha (1 - p)^gamma log p of the true class, p = softmax(logits). The weight is differentiated.
struct SoftmaxFocalFormula {
    double gamma = 2.0;
    double alpha = 1.0;  ///< one factor for all classes

    static Description<SoftmaxFocalFormula> about();

    template <class Number>
    Number operator()(const Row<Number>& row) const {
        return alpha * exp(gamma * log_sigmoid(row.opposing)) * softplus(row.opposing);
    }
};

class SoftmaxFocal : public RowLoss {
public:
    using Options = SoftmaxFocalFormula;
    explicit SoftmaxFocal(const Options& options = {}, Reduction reduction = Reduction::mean);
};

}  // namespace knoll::losses
