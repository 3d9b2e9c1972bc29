// Learning a loss by evolution, in the style of the meta-loss network of Hai and Liu (arXiv 2103.08249), whose published abstract leaves
// architecture, population and noise open. One batch is one small-sample task; many variants of the loss network train a classifier on it from the same
// first weights, and the network moves towards those whose classifiers answer better. No gradient passes through a training.
#pragma once

#include <knoll/apps/procedures/procedure.h>
#include <knoll/apps/procedures/small_task.h>
#include <knoll/nn/optim/evolution_strategy.h>

namespace knoll::apps {

struct LossEvolution {
    data::EpisodeOptions episode;  ///< how a batch is laid out
    SmallTraining training;
    nn::EvolutionStrategyOptions strategy;
};

/// The network of losses/learned_loss.h: two inputs, so many hidden units, one output.
nn::Sequential make_loss_network(std::int64_t hidden);

/// The loss that a network made by make_loss_network() is.
SmallLoss network_loss(const nn::Sequential& network);

/// The mean over examples of the squared error of probabilities, summed over classes.
Tensor probability_mse(const Tensor& logits, const Tensor& labels);

/// Each batch is a generation of the network, which is the run's model. The loss of a step is the share of wrong answers, mean over candidates.
std::unique_ptr<Procedure> make_loss_evolution(const LossEvolution& options, std::unique_ptr<nn::Optimizer> optimizer);

/// The same tasks for a loss that stays what it is.
std::unique_ptr<Procedure> make_fixed_loss(const LossEvolution& options, SmallLoss loss);

}  // namespace knoll::apps
