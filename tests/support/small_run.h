// A training run that takes a second and passes through what long ones do: drawn images that a loader shuffles, augments and makes ahead
// of time, convolutions, batch norm, pooling, dropout, and an optimiser with a memory.
#pragma once

#include <knoll/core/autograd.h>
#include <knoll/core/files/named_tensors.h>
#include <knoll/data/loader/loader.h>
#include <knoll/data/synthetic/shapes.h>
#include <knoll/losses/cross_entropy.h>
#include <knoll/nn/nn.h>

#include <memory>
#include <string>

namespace knoll {

enum class RunOptimizer { sgd, adam };

/// Two epochs from the same start (convolutions without a bias, whose gradient before batch norm would be rounding error alone): the loss of every batch, then
/// all that the run ends with: weights, running statistics, moments.
inline NamedTensors small_run(RunOptimizer kind, bool prefetch = true) {
    nn::Sequential net{nn::Conv2d{1, 8, {.padding = 1, .bias = false}},
                       nn::BatchNorm2d{8},
                       nn::ReLU{},
                       nn::MaxPool2d{2},
                       nn::Conv2d{8, 16, {.padding = 1, .bias = false}},
                       nn::BatchNorm2d{16},
                       nn::ReLU{},
                       nn::MaxPool2d{2},
                       nn::Flatten{},
                       nn::Dropout{0.2},
                       nn::Linear{16 * 4 * 4, 10}};
    Rng rng{3};
    net.initialize(rng);
    std::unique_ptr<nn::Optimizer> optimizer;
    if (kind == RunOptimizer::sgd)
        optimizer = std::make_unique<nn::SGD>(net.parameters(), nn::SGDOptions{.learning_rate = 0.02, .momentum = 0.9, .weight_decay = 1e-4});
    else
        optimizer = std::make_unique<nn::Adam>(net.parameters(), nn::AdamOptions{.learning_rate = 1e-3});
    data::Loader loader{data::draw_shapes({.count = 150, .seed = 1, .size = 16}),
                        {.batch_size = 32, .shuffle = true, .seed = 2, .transforms = {data::random_crop(1), data::cutout(4)}, .prefetch = prefetch}};
    const losses::CrossEntropy criterion;
    NamedTensors results;
    for (int epoch = 0; epoch < 2; ++epoch)
        for (const data::Batch& batch : loader) {
            const Tensor loss = criterion(net(batch.images), batch.labels);
            results.emplace_back("loss of batch " + std::to_string(results.size()), loss.detach());
            optimizer->zero_grad();
            backward(loss);
            optimizer->step();
        }
    for (const nn::StateDict& state : {net.state_dict(), optimizer->state_dict()})
        for (const auto& [name, tensor] : state) results.emplace_back(name, tensor.detach());
    return results;
}

}  // namespace knoll
