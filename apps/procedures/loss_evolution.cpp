#include <knoll/apps/procedures/loss_evolution.h>

#include <knoll/core/autograd.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/index.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/parallel.h>
#include <knoll/losses/learned_loss.h>
#include <knoll/nn/layers/activation.h>
#include <knoll/nn/layers/linear.h>
#include <knoll/nn/parameter_vector.h>

#include <numeric>

namespace knoll::apps {

namespace {

constexpr std::uint64_t classifier_stream = 21;

SmallLoss learned(const Tensor& parameters) {
    const auto loss = std::make_shared<const losses::LearnedLoss>(parameters);
    return [loss](const Tensor& logits, const Tensor& labels) { return (*loss)(logits, labels); };
}

// Counts generations: all that an evolution has to remember beside the network.
class TaskByTask : public Procedure {
public:
    explicit TaskByTask(LossEvolution options) : options_(std::move(options)), generation_(zeros({1}, DType::i64)) {}

    double step(nn::Sequential& model, const data::Batch& batch, int) override {
        const double accuracy = generation(model, make_small_task(batch, options_.episode), generation_.at<std::int64_t>(0));
        generation_ += 1;
        return 1.0 - accuracy;
    }
    nn::StateDict state_dict() const override { return {{"generation", generation_}}; }

protected:
    virtual double generation(nn::Sequential& model, const SmallTask& task, std::int64_t number) = 0;

    double accuracy(const SmallTask& task, const SmallLoss& loss, std::int64_t number) const {
        return trained_accuracy(task, loss, options_.training, Rng{options_.strategy.seed, classifier_stream}.fork(static_cast<std::uint64_t>(number)));
    }

private:
    LossEvolution options_;
    Tensor generation_;
};

class Evolving final : public TaskByTask {
public:
    Evolving(const LossEvolution& options, std::unique_ptr<nn::Optimizer> optimizer)
        : TaskByTask(options), strategy_(options.strategy), optimizer_(std::move(optimizer)) {}
    std::vector<nn::Optimizer*> optimizers() override { return {optimizer_.get()}; }

private:
    double generation(nn::Sequential& model, const SmallTask& task, std::int64_t number) override {
        const NoGrad no_grad;
        const std::vector<Tensor> parameters = model.parameters();
        const Tensor centre = nn::flatten_parameters(parameters);
        std::vector<double> fitness(static_cast<std::size_t>(strategy_.candidates()));
        parallel_chunks(strategy_.candidates(), [&](std::int64_t i) {
            fitness[static_cast<std::size_t>(i)] = accuracy(task, learned(strategy_.candidate(centre, number, static_cast<int>(i))), number);
        });
        const std::vector<Tensor> gradients = nn::unflatten_like(parameters, -strategy_.ascent(centre, number, fitness));
        for (std::size_t i = 0; i < parameters.size(); ++i) Tensor{parameters[i]}.set_grad(gradients[i]);
        optimizer_->step();
        return std::accumulate(fitness.begin(), fitness.end(), 0.0) / static_cast<double>(fitness.size());
    }

    nn::EvolutionStrategy strategy_;
    std::unique_ptr<nn::Optimizer> optimizer_;
};

class Fixed final : public TaskByTask {
public:
    Fixed(const LossEvolution& options, SmallLoss loss) : TaskByTask(options), loss_(std::move(loss)) {}
    std::vector<nn::Optimizer*> optimizers() override { return {}; }

private:
    double generation(nn::Sequential&, const SmallTask& task, std::int64_t number) override { return accuracy(task, loss_, number); }

    SmallLoss loss_;
};

}  // namespace

nn::Sequential make_loss_network(std::int64_t hidden) { return {nn::Linear{2, hidden}, nn::Tanh{}, nn::Linear{hidden, 1, {.bias = false}}}; }

SmallLoss network_loss(const nn::Sequential& network) {
    const NoGrad no_grad;
    return learned(nn::flatten_parameters(network.parameters()).detach());
}

Tensor probability_mse(const Tensor& logits, const Tensor& labels) {
    return mean(sum(square(softmax(logits, {1}) - one_hot(labels, logits.size(1), logits.dtype())), {1}));
}

std::unique_ptr<Procedure> make_loss_evolution(const LossEvolution& options, std::unique_ptr<nn::Optimizer> optimizer) {
    return std::make_unique<Evolving>(options, std::move(optimizer));
}

std::unique_ptr<Procedure> make_fixed_loss(const LossEvolution& options, SmallLoss loss) { return std::make_unique<Fixed>(options, std::move(loss)); }

}  // namespace knoll::apps
