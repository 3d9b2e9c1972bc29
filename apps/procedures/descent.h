// Gradient descent on one loss, and on two in turn.
#pragma once

#include <knoll/apps/procedures/batch_loss.h>
#include <knoll/apps/procedures/procedure.h>

namespace knoll::apps {

/// Forward pass, backward pass, one step of the optimiser. Returns the loss; throws NonFiniteError if it is not finite.
double descend(nn::Sequential& model, const data::Batch& batch, int epoch, const BatchLoss& loss, nn::Optimizer& optimizer);

/// One step takes the gradient of `loss`, whatever it is the loss of. Returns it; throws NonFiniteError if it is not finite.
double descend(const Tensor& loss, nn::Optimizer& optimizer);

std::unique_ptr<Procedure> make_descent(BatchLoss loss, std::unique_ptr<nn::Optimizer> optimizer);

/// Complement objective training (Chen et al. 2019, arXiv 1903.01182): a step on the first loss, then, through a new forward pass with
/// the weights that it left, a step on the second. Each has an optimiser of its own, and so a momentum of its own.
std::unique_ptr<Procedure> make_alternation(BatchLoss first, std::unique_ptr<nn::Optimizer> first_optimizer, BatchLoss second,
                                            std::unique_ptr<nn::Optimizer> second_optimizer);

}  // namespace knoll::apps
