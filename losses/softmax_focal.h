// Focal loss of a softmax: the single-label form of Lin et al., ICCV 2017, arXiv 1708.02002, equation 5.
#pragma once

#include <knoll/losses/row_loss.h>

namespace knoll::losses {

struct SoftmaxFocalOptions {
    double gamma = 2.0;
    double alpha = 1.0;  ///< one factor for all classes

    static Description<SoftmaxFocalOptions> about();
};

/// -alpha (1 - p)^gamma log p of the true class, p = softmax(logits). The weight is differentiated.
class SoftmaxFocal : public RowLoss {
public:
    using Options = SoftmaxFocalOptions;
    explicit SoftmaxFocal(const Options& options = {}, Reduction reduction = Reduction::mean);

private:
    Tensor rows(const Tensor& logits, const Tensor& classes) const override;

    Options options_;
};

}  // namespace knoll::losses
