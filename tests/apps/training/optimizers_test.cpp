// The optimisers that --optimizer names, as two steps of theirs show.
#include <knoll/apps/training/hyperparameters.h>
#include <knoll/core/core.h>
#include <knoll/nn/layers/linear.h>
#include <knoll/nn/optim/optimizer.h>

#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;
using namespace knoll::apps;

namespace {

constexpr double step_rate = 0.1, decay_of_weights = 0.5;

// The first weight (1 at the start) and the bias (2) after two steps along gradients of 3.
std::pair<double, double> after_two_steps(const std::string& optimizer) {
    nn::Sequential model{nn::Linear{1, 1}};
    std::vector<Tensor> parameters = model.parameters();
    REQUIRE(parameters.size() == 2);
    {
        const NoGrad no_grad;
        parameters[0].copy_(full(parameters[0].shape(), 1.0));
        parameters[1].copy_(full(parameters[1].shape(), 2.0));
    }
    const auto made = make_optimizer(model, {.learning_rate = step_rate, .optimizer = optimizer, .weight_decay = decay_of_weights});
    for (int i = 0; i < 2; ++i) {
        for (Tensor& parameter : parameters) parameter.set_grad(full(parameter.shape(), 3.0));
        made->step();
    }
    return {parameters[0].detach().to_vector()[0], parameters[1].detach().to_vector()[0]};
}

}  // namespace

TEST_CASE("sgd has a momentum of 0.9, and weights alone decay") {
    double weight = 1, bias = 2, weight_speed = 0, bias_speed = 0;
    for (int i = 0; i < 2; ++i) {
        weight_speed = 0.9 * weight_speed + 3 + decay_of_weights * weight;
        bias_speed = 0.9 * bias_speed + 3;
        weight -= step_rate * weight_speed;
        bias -= step_rate * bias_speed;
    }
    CHECK(after_two_steps("sgd").first == Approx(weight));
    CHECK(after_two_steps("sgd").second == Approx(bias));
}

TEST_CASE("nesterov looks ahead along a momentum of 0.9, and weights alone decay") {
    double weight = 1, bias = 2, weight_speed = 0, bias_speed = 0;
    for (int i = 0; i < 2; ++i) {
        const double slope = 3 + decay_of_weights * weight;
        weight_speed = 0.9 * weight_speed + slope;
        bias_speed = 0.9 * bias_speed + 3;
        weight -= step_rate * (slope + 0.9 * weight_speed);
        bias -= step_rate * (3 + 0.9 * bias_speed);
    }
    CHECK(after_two_steps("nesterov").first == Approx(weight));
    CHECK(after_two_steps("nesterov").second == Approx(bias));
}

TEST_CASE("adam, adamw and rmsprop let weights alone decay") {
    // A bias has the same gradient at every step: steps of Adam are then of the rate.
    CHECK(after_two_steps("adam").second == Approx(2 - 2 * step_rate));
    CHECK(after_two_steps("adamw").second == Approx(2 - 2 * step_rate));
    double weight = 1;  // AdamW: decay beside a step of the rate
    for (int i = 0; i < 2; ++i) weight = weight - step_rate * decay_of_weights * weight - step_rate;
    CHECK(after_two_steps("adamw").first == Approx(weight));
    double mean = 0, bias = 2;
    for (int i = 0; i < 2; ++i) {
        mean = 0.99 * mean + 0.01 * 9;
        bias -= step_rate * 3 / (std::sqrt(mean) + 1e-8);
    }
    CHECK(after_two_steps("rmsprop").second == Approx(bias));
}
