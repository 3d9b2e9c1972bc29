// What is done where an option is not given: the values that the headers state, which are PyTorch's where it has the same.
#include <knoll/nn/nn.h>
#include "support/same.h"

#include <knoll/core/core.h>
#include <knoll/nn/init.h>
#include <catch2/catch.hpp>

using namespace knoll;

TEST_CASE("optimisers have the learning rates, momenta and decays of PyTorch unless told otherwise") {
    const nn::SGDOptions sgd;
    CHECK(std::tuple(sgd.learning_rate, sgd.momentum, sgd.nesterov, sgd.weight_decay) == std::tuple(1e-2, 0.0, false, 0.0));
    const nn::AdamOptions adam;
    CHECK(std::tuple(adam.learning_rate, adam.beta1, adam.beta2, adam.epsilon, adam.weight_decay) == std::tuple(1e-3, 0.9, 0.999, 1e-8, 0.0));
    const nn::AdamWOptions adamw;
    CHECK(std::tuple(adamw.learning_rate, adamw.beta1, adamw.beta2, adamw.epsilon, adamw.weight_decay) == std::tuple(1e-3, 0.9, 0.999, 1e-8, 1e-2));
    const nn::RMSpropOptions rmsprop;
    CHECK(std::tuple(rmsprop.learning_rate, rmsprop.alpha, rmsprop.epsilon, rmsprop.momentum, rmsprop.weight_decay) == std::tuple(1e-2, 0.99, 1e-8, 0.0, 0.0));
}

TEST_CASE("solvers, averages and stopping rules have their stated defaults") {
    const nn::NewtonOptions newton;
    CHECK(std::tuple(newton.tolerance, newton.max_steps, newton.max_products) == std::tuple(1e-8, 100, 500));
    const nn::ConjugateGradientsOptions solver;
    CHECK(std::tuple(solver.damping, solver.tolerance, solver.max_iterations, solver.start.defined(), solver.stop_at_negative_curvature) ==
          std::tuple(0.0, 1e-8, 1000, false, false));
    const nn::EvolutionStrategyOptions evolution;
    CHECK(std::tuple(evolution.pairs, evolution.deviation, evolution.ranks, evolution.seed) == std::tuple(16, 0.1, true, std::uint64_t{0}));
    const nn::EMAOptions ema;
    CHECK(std::tuple(ema.decay, ema.warm_up) == std::tuple(0.999, false));
    const nn::EarlyStoppingOptions stopping;
    CHECK(std::tuple(stopping.mode, stopping.patience, stopping.minimum_delta) == std::tuple(nn::MetricMode::min, std::int64_t{5}, 0.0));
    const nn::ReduceLROnPlateauOptions plateau;
    CHECK(std::tuple(plateau.mode, plateau.factor, plateau.patience, plateau.threshold, plateau.threshold_mode) ==
          std::tuple(nn::MetricMode::min, 0.1, std::int64_t{10}, 1e-4, nn::ThresholdMode::relative));
    CHECK(std::tuple(plateau.cooldown, plateau.min_learning_rate, plateau.epsilon) == std::tuple(std::int64_t{0}, 0.0, 1e-8));
}

TEST_CASE("layers have the options of PyTorch's unless told otherwise") {
    Rng rng{1};
    const Tensor x = randn({2, 3, 7, 6}, rng);
    const auto started = [](auto layer) {
        Rng weights{2};
        layer.initialize(weights);
        return layer;
    };
    auto convolution = started(nn::Conv2d{3, 4, {}});
    REQUIRE(convolution.bias.defined());
    CHECK(convolution.weight.shape() == Shape{4, 3, 3, 3});
    check_same(convolution(x), conv2d(x, convolution.weight, convolution.bias, {.stride = 1, .padding = 0, .dilation = 1, .groups = 1}));
    auto transposed = started(nn::ConvTranspose2d{3, 4, {}});
    REQUIRE(transposed.bias.defined());
    CHECK(transposed.weight.shape() == Shape{3, 4, 3, 3});
    check_same(transposed(x),
               conv_transpose2d(x, transposed.weight, transposed.bias, {.stride = 1, .padding = 0, .output_padding = 0, .dilation = 1, .groups = 1}));
    CHECK(started(nn::Linear{3, 4}).bias.defined());
    check_same(nn::MaxPool2d{3}(x), max_pool2d(x, {.kernel = 3, .stride = Size2{3}, .padding = 0}));
    check_same(nn::AvgPool2d{2}(x), avg_pool2d(x, {.kernel = 2, .stride = Size2{2}, .padding = 0}));
    check_same(nn::AvgPool2d{2, {.padding = 1}}(x), avg_pool2d(x, {.kernel = 2, .padding = 1, .count_padding = true}));
    check_same(nn::LeakyReLU{}(x), leaky_relu(x, 0.01));
    check_same(nn::ELU{}(x), elu(x, 1.0));
    CHECK(nn::Flatten{}(x).shape() == Shape{2, 126});

    const Tensor ones_of_3 = ones({3}), zeros_of_3 = zeros({3}), mean = zeros({3}), variance = ones({3});
    auto normalization = started(nn::BatchNorm2d{3});
    check_same(normalization(x), batch_norm(x, ones_of_3, zeros_of_3, mean, variance, {.training = true, .momentum = 0.1, .epsilon = 1e-5}));
    check_same(normalization.running_mean, mean);
    check_same(normalization.running_var, variance);
    CHECK(normalization.weight.to_vector() == ones_of_3.to_vector());
    CHECK(normalization.num_batches_tracked.item() == 1);
    check_same(started(nn::LayerNorm{6})(x), layer_norm(x, {6}, ones({6}), zeros({6}), 1e-5));
    check_same(started(nn::GroupNorm{3, 3})(x), group_norm(x, 3, ones_of_3, zeros_of_3, 1e-5));
}

TEST_CASE("dropout layers drop a half, and refuse to drop all") {
    nn::Dropout layer;
    Rng rng{3};
    layer.initialize(rng);
    const auto values = layer(ones({10'000})).to_vector();
    CHECK(std::count(values.begin(), values.end(), 0.0) + std::count(values.begin(), values.end(), 2.0) == 10'000);
    CHECK(std::abs(std::count(values.begin(), values.end(), 0.0) - 5'000) < 250);
    CHECK_THROWS_WITH(nn::Dropout{1.0}, "[Dropout] expected a probability in [0, 1), got 1");
    CHECK_NOTHROW(nn::Dropout{0.0});
}

TEST_CASE("initialisers scale by a gain of 1, for a ReLU and the inputs of a layer, unless told otherwise") {
    const auto filled = [](const auto& fill) {
        Rng rng{4};
        Tensor weight = empty({12, 7}, DType::f64);
        fill(weight, rng);
        return weight.to_vector();
    };
    using namespace nn::init;
    CHECK(filled([](Tensor& w, Rng& rng) { xavier_normal_(w, rng); }) == filled([](Tensor& w, Rng& rng) { xavier_normal_(w, rng, 1.0); }));
    CHECK(filled([](Tensor& w, Rng& rng) { xavier_uniform_(w, rng); }) == filled([](Tensor& w, Rng& rng) { xavier_uniform_(w, rng, 1.0); }));
    CHECK(filled([](Tensor& w, Rng& rng) { orthogonal_(w, rng); }) == filled([](Tensor& w, Rng& rng) { orthogonal_(w, rng, 1.0); }));
    const KaimingOptions stated{.mode = FanMode::fan_in, .negative_slope = 0.0};
    CHECK(filled([](Tensor& w, Rng& rng) { kaiming_normal_(w, rng); }) == filled([&](Tensor& w, Rng& rng) { kaiming_normal_(w, rng, stated); }));
    CHECK(filled([](Tensor& w, Rng& rng) { kaiming_uniform_(w, rng); }) == filled([&](Tensor& w, Rng& rng) { kaiming_uniform_(w, rng, stated); }));
}

TEST_CASE("layers begin with the numbers of their distributions, drawn in the order of their parameters") {
    const auto normal = [](const Shape& shape, double deviation) {
        Rng rng{5};
        return (deviation * randn(shape, rng)).to_vector();
    };
    const auto started = [](auto layer) {
        Rng rng{5};
        layer.initialize(rng);
        return layer;
    };
    const auto close = [](const Tensor& actual, const std::vector<double>& expected) {
        const auto values = actual.to_vector();
        REQUIRE(values.size() == expected.size());
        for (std::size_t i = 0; i < values.size(); ++i) CHECK(values[i] == Approx(expected[i]).epsilon(1e-5));
    };
    close(started(nn::Embedding{5, 3}).weight, normal({5, 3}, 1.0));
    close(started(nn::Linear{6, 4}).weight, normal({4, 6}, std::sqrt(2.0 / 6)));
    close(started(nn::Conv2d{4, 6, {.kernel = {3, 2}, .groups = 2}}).weight, normal({6, 2, 3, 2}, std::sqrt(2.0 / 12)));
    // An output of a transposed convolution meets inputs / groups * window / stride weights.
    close(started(nn::ConvTranspose2d{8, 6, {.kernel = {4, 2}, .stride = 2, .groups = 2}}).weight, normal({8, 3, 4, 2}, std::sqrt(2.0 / (4 * 8.0 / 4))));
    close(started(nn::ConvTranspose2d{8, 6, {.kernel = 1, .stride = 3, .groups = 2}}).weight, normal({8, 3, 1, 1}, std::sqrt(2.0 / 4)));
    CHECK(started(nn::Conv2d{4, 6}).bias.to_vector() == std::vector<double>(6, 0.0));
    CHECK(started(nn::ConvTranspose2d{4, 6}).bias.to_vector() == std::vector<double>(6, 0.0));
    CHECK(started(nn::Linear{4, 6}).bias.to_vector() == std::vector<double>(6, 0.0));
}
