// Kullback-Leibler divergence from given distributions to a softmax, as in distillation (Hinton et al. 2015).
#pragma once

#include <knoll/losses/parameter.h>

namespace knoll::losses {

struct KlDivOptions {
    static Description<KlDivOptions> about();
};

/// sum over classes of t (log t - log p), p = softmax(logits), 0 log 0 = 0, for logits and targets [N, K]. One loss per row; the mean
/// is over rows (PyTorch's "batchmean"). Infinite where log p of a class that occurs is beyond the logits' type.
class KlDiv : public Loss {
public:
    using Options = KlDivOptions;
    explicit KlDiv(const Options& options = {}, Reduction reduction = Reduction::mean);

private:
    Tensor evaluate(const Tensor& logits, const Tensor& targets, const LossContext& context) const override;
};

}  // namespace knoll::losses
