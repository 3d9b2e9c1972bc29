// Cross-entropy of a softmax.
#pragma once

#include <knoll/losses/row_loss.h>

namespace knoll::losses {

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

private:
    Tensor rows(const Tensor& logits, const Tensor& classes) const override;
    Tensor average(const Tensor& losses, const Tensor& classes) const override;
    Tensor weights_like(const Tensor& logits) const;

    Options options_;
};

}  // namespace knoll::losses
