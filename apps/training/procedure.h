// What one batch does to a model.
#pragma once

#include <knoll/apps/training/hyperparameters.h>
#include <knoll/data/loader/batch.h>
#include <knoll/nn/optim/optimizer.h>

#include <functional>
#include <memory>
#include <vector>

namespace knoll::apps {

/// The mean loss of a batch, from logits, labels and the epoch (from 0).
using BatchLoss = std::function<Tensor(const Tensor& logits, const Tensor& labels, int epoch)>;

class Procedure {
public:
    virtual ~Procedure() = default;
    /// Updates the model, which is in training mode; returns the loss before the update.
    virtual double step(nn::Sequential& model, const data::Batch& batch, int epoch) = 0;
    /// In a fixed order; their states are all that a checkpoint keeps of a procedure.
    virtual std::vector<nn::Optimizer*> optimizers() = 0;
};

/// Forward pass, backward pass, one step.
std::unique_ptr<Procedure> make_descent(BatchLoss loss, std::unique_ptr<nn::Optimizer> optimizer);

/// Complement objective training (Chen et al. 2019, arXiv 1903.01182): a step on the first loss, then, through a new forward pass with
/// the weights that it left, a step on the second. Each has an optimiser of its own, and so a momentum of its own.
std::unique_ptr<Procedure> make_alternation(BatchLoss first, std::unique_ptr<nn::Optimizer> first_optimizer, BatchLoss second,
                                            std::unique_ptr<nn::Optimizer> second_optimizer);

}  // namespace knoll::apps
