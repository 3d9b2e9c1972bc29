// A loss that is a small network, to be learned like any other, in the style of the meta-loss network of Hai and Liu
// (arXiv 2103.08249): a classifier is trained with the network as its objective, and the network is judged by how well that classifier does.
//
// The loss of an example is the sum over classes of f(y, p), y being 1 for its class and 0 for the others, p the softmax of the logits.
// One f serves all classes, so the loss depends on no order of classes, and holds for any number of them. With H hidden units
//
//     f(y, p) = sum over h of v_h tanh(a_h y + b_h p + c_h)
//
// It is bounded in value and gradient at any logits, and smooth. It may be negative: only its slope has a meaning.
#pragma once

#include <knoll/losses/loss.h>

namespace knoll::losses {

class LearnedLoss : public Loss {
public:
    /// parameters: [4 H] of f32 or f64, H >= 1: the rows (a_h, b_h), then all c_h, then all v_h. That is the order of the parameters of
    /// Linear(2, H), Tanh, Linear(H, 1) without a last bias, which no gradient would depend on. They may require gradients.
    /// Throws ShapeError or DTypeError on others.
    explicit LearnedLoss(Tensor parameters, Reduction reduction = Reduction::mean);

private:
    Tensor evaluate(const Tensor& logits, const Tensor& targets, const LossContext& context) const override;

    Tensor parameters_;
};

/// f(y, p) for tensors of one shape.
Tensor learned_loss_term(const Tensor& parameters, const Tensor& target, const Tensor& probability);

}  // namespace knoll::losses
