// Learning to bootstrap (Zhou et al. 2024, arXiv 2202.04291): every example of a batch costs twice, against its label, which may be
// wrong, and against the model's own prediction, and a few examples with clean labels decide how much either counts.
//
// The weights are those of a step not yet taken: with weights eps for all 2N costs, all of them 0, one step of SGD would lead to
// theta'; how the clean loss L at theta' falls as a weight grows is that weight. Since eps = 0, no second derivative is left of this:
//
//     -dL(theta') / d eps  =  rate * < grad L at theta', grad of that cost at theta >
//
// so a gradient of the clean batch, and the derivative of the noisy batch's logits along it, give all 2N weights. The batch's examples
// share the statistics of batch norm, through which an example's cost depends on the others: the derivative is that of the whole batch.
#pragma once

#include <knoll/apps/procedures/procedure.h>
#include <knoll/data/dataset.h>

namespace knoll::apps {

/// The parameters after the step that the optimiser would take if all gradients were 0: what momentum and weight decay do alone. Model
/// and optimiser are left as they were.
nn::StateDict look_ahead(nn::Sequential& model, nn::Optimizer& optimizer);

/// The gradient of the mean cross-entropy of a clean batch, one tensor per parameter, with the given parameters in place of the
/// model's. Batch norm uses the batch's statistics; running ones are left alone.
std::vector<Tensor> clean_gradient(nn::Sequential& model, const nn::StateDict& parameters, const Tensor& images, const Tensor& labels);

/// The derivative of logits [N, K] along a direction (one tensor per parameter) in the space of the parameters that they were computed
/// from: [N, K]. Exact; the logits keep their graph.
Tensor derivative_along(const Tensor& logits, const std::vector<Tensor>& parameters, const std::vector<Tensor>& direction);

/// How much each cost falls along the direction, [2, N]: in row 0 the cross-entropy against `labels` [N], in row 1 that against
/// `pseudo_labels`, of logits [N, K] with derivative `along` [N, K]. Positive: a step down this cost is a step down the clean loss.
Tensor cost_derivatives(const Tensor& logits, const Tensor& along, const Tensor& labels, const Tensor& pseudo_labels);

/// The positive ones of the derivatives, divided by their sum; all 0 where there is none.
Tensor bootstrap_weights(const Tensor& derivatives);

struct L2bOptions {
    int warm_up = 1;         ///< epochs of plain cross-entropy at first
    double clip = 0;         ///< largest norm of the gradient; 0: any
    std::uint64_t seed = 0;  ///< of the draws from the clean set
};

/// What the report needs to say whether weights are right.
struct TrueLabels {
    data::LabeledImages noisy;  ///< the training set as it is trained on
    Tensor labels;              ///< i64 [N]: the right ones
};

/// clean: examples with clean labels, of which each step draws as many as its batch has, or takes all. The optimiser is SGD with any
/// momentum: for others the rule above does not hold.
std::unique_ptr<Procedure> make_l2b(const data::LabeledImages& clean, std::unique_ptr<nn::Optimizer> optimizer, const L2bOptions& options, TrueLabels truth);

}  // namespace knoll::apps
