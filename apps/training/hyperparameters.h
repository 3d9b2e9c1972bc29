// The numbers that a training run needs.
#pragma once

#include <knoll/apps/options.h>
#include <knoll/apps/report/results.h>
#include <knoll/nn/schedule/curves.h>
#include <knoll/nn/sequential.h>

#include <memory>
#include <string>
#include <vector>

namespace knoll::nn {
class Optimizer;
}

namespace knoll::apps {

struct Hyperparameters {
    int epochs = 10;
    std::int64_t batch = 64;
    double learning_rate = 1e-3;
    std::string optimizer = "adam";
    std::string schedule = "one-cycle";
    double weight_decay = 0;
    double ema = 0;  ///< decay per step; 0: the last weights are evaluated
};

/// The task's choice, replaced by whatever was given.
Hyperparameters with_options(const Hyperparameters& initial, const TrainingOptions& options);
/// Name and value of each.
NamedTexts describe(const Hyperparameters& hyperparameters);

const std::vector<std::string>& optimizer_names();
const std::vector<std::string>& schedule_names();

/// sgd (momentum 0.9), nesterov, adam, adamw or rmsprop. Weight decay is for weights of two and more dimensions: not for biases and
/// normalisation. Throws ValueError on another name.
std::unique_ptr<nn::Optimizer> make_optimizer(const nn::Sequential& model, const Hyperparameters& hyperparameters);

/// The learning rate at every step: constant, step (a tenth at half, a hundredth at three quarters), cosine, one-cycle (up in the
/// first fifth), warmup-cosine (up in the first twentieth). Throws ValueError on another name.
nn::RateCurve make_curve(const Hyperparameters& hyperparameters, std::int64_t total_steps);

}  // namespace knoll::apps
