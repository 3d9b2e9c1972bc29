// Expected positive regularisation (Cole et al., CVPR 2021, arXiv 2106.09708, section 4.1): unobserved labels are not taken for
// negatives, one by one, at all. Instead the model is told how many positives an image has on average, and that is held for a batch.
#pragma once

#include <knoll/losses/parameter.h>

namespace knoll::losses {

/// ((mean over n of the sum over c of p) - k)^2 / C^2 of logits [N, C] (or of any shape: the last extent is C): a scalar.
Tensor expected_positives_penalty(const Tensor& logits, double k);

struct EprOptions {
    double k = 2.9;  ///< positives expected of an example: a property of the data, here the paper's for COCO

    static Description<EprOptions> about();
};

/// The mean over N C of -log p of the observed positives, plus the penalty. An unobserved label has a gradient through the penalty alone.
class Epr final : public Loss {
public:
    using Options = EprOptions;

    /// The penalty belongs to a batch, not to an element: throws ValueError on Reduction::none. The sum is the mean times N C, as it is
    /// of the losses of elements.
    explicit Epr(const Options& options = {}, Reduction reduction = Reduction::mean);

private:
    Tensor evaluate(const Tensor& logits, const Tensor& targets, const LossContext& context) const override;

    double k_;
};

}  // namespace knoll::losses
