// A run of training with all that has state, as small as it gets: what the checkpoints of the corpus are of.
#pragma once

#include <knoll/core/ops/ops.h>
#include <knoll/nn/layers/layers.h>
#include <knoll/nn/optim/adam.h>
#include <knoll/nn/schedule/curves.h>
#include <knoll/nn/sequential.h>
#include <knoll/nn/training/checkpoint.h>

namespace knoll::fuzz {

inline nn::Sequential make_net() {
    nn::Sequential net{nn::Linear{2, 1}, nn::BatchNorm1d{1}, nn::Dropout{0.5}};
    Rng rng{1};
    net.initialize(rng);
    return net;
}

struct Run {
    nn::Sequential net = make_net();
    nn::Adam optimizer{net.parameters(), {.learning_rate = 0.01}};
    nn::LRScheduler schedule{optimizer, nn::CosineAnnealingLR{.t_max = 8}};
    nn::EMA average{net, {.decay = 0.9}};
    nn::EarlyStopping early_stopping{};

    nn::TrainingState state() { return {.model = net, .optimizer = &optimizer, .schedule = &schedule, .average = &average, .early_stopping = &early_stopping}; }

    /// One batch of training: what a state that was put back must be good for.
    void step() {
        const Tensor loss = mean(net(ones({2, 2})));
        optimizer.zero_grad();
        backward(loss);
        optimizer.step();
        schedule.step();
        average.update();
        early_stopping.update(loss.item());
    }
};

}  // namespace knoll::fuzz
