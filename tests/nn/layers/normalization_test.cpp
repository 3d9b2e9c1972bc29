#include "nn/check_layer.h"
#include "support/close.h"

#include <knoll/core/ops/activation.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/shape.h>
#include <knoll/nn/layers/normalization.h>
#include <catch2/catch.hpp>

using namespace knoll;
using Catch::Matchers::Contains;

TEST_CASE("batch norm normalises by the batch, and remembers mean and unbiased variance") {
    nn::BatchNorm1d layer = initialized(nn::BatchNorm1d{1, {.epsilon = 0.0, .momentum = 0.25}});
    const Tensor y = layer(reshape(tensor({1, 2, 6}, DType::f64), {3, 1}));  // mean 3, variance 14/3, unbiased 7
    const double deviation = std::sqrt(14.0 / 3.0);
    check_close(y, reshape(tensor({-2 / deviation, -1 / deviation, 3 / deviation}, DType::f64), {3, 1}), 1e-14, 0);
    CHECK(layer.running_mean.item() == Approx(0.25 * 3));
    CHECK(layer.running_var.item() == Approx(0.75 * 1 + 0.25 * 7));
    CHECK(layer.num_batches_tracked.item() == 1);
}

TEST_CASE("in evaluation batch norm uses what it remembers and changes nothing") {
    nn::BatchNorm2d layer = initialized(nn::BatchNorm2d{2, {.epsilon = 0.0}});
    layer.running_mean = tensor({1, 2}, DType::f64);
    layer.running_var = tensor({4, 16}, DType::f64);
    layer.weight = tensor({3, 1}, DType::f64);
    layer.bias = tensor({0, 5}, DType::f64);
    layer.eval();
    const Tensor x = reshape(tensor({5, 10}, DType::f64), {1, 2, 1, 1});
    CHECK(layer(x).to_vector() == std::vector<double>{6, 7});
    CHECK(layer.running_mean.to_vector() == std::vector<double>{1, 2});
    CHECK(layer.num_batches_tracked.item() == 0);
}

TEST_CASE("batch norm with a ReLU is the two one after the other, and counts the batch as well") {
    const bool training = GENERATE(true, false);
    const bool has_shortcut = GENERATE(true, false);
    nn::BatchNorm2d layer = initialized(nn::BatchNorm2d{2, {.epsilon = 1e-3, .momentum = 0.25}});
    layer.weight.detach().copy_(tensor({3, -1}));
    layer.bias.detach().copy_(tensor({-0.5, 1}));
    layer.train(training);
    nn::BatchNorm2d other = nn::clone(layer);
    Rng rng{4};
    const Tensor x = randn({3, 2, 4, 5}, rng, DType::f64), shortcut = randn({3, 2, 4, 5}, rng, DType::f64);
    const Tensor together = has_shortcut ? layer.forward_relu(x, shortcut) : layer.forward_relu(x);
    check_close(together, relu(has_shortcut ? other(x) + shortcut : other(x)), 1e-12, 1e-12);
    CHECK(layer.running_mean.to_vector() == other.running_mean.to_vector());
    CHECK(layer.running_var.to_vector() == other.running_var.to_vector());
    CHECK(layer.num_batches_tracked.item() == (training ? 1 : 0));
    CHECK_THROWS_WITH(layer.forward_relu(zeros({3, 4, 4, 5})), Contains("[BatchNorm2d] expected shape [N, 2, H, W], got [3, 4, 4, 5]"));
    CHECK_THROWS_WITH((nn::BatchNorm2d{2}.forward_relu(zeros({3, 2, 4, 5}))), Contains("[BatchNorm2d] expected initialized parameters"));
}

TEST_CASE("initialize makes batch norm forget") {
    nn::BatchNorm1d layer = initialized(nn::BatchNorm1d{2});
    layer(tensor({{1, 2}, {3, 5}}, DType::f64));
    Rng rng{1};
    layer.initialize(rng);
    CHECK(layer.running_mean.to_vector() == std::vector<double>{0, 0});
    CHECK(layer.running_var.to_vector() == std::vector<double>{1, 1});
    CHECK(layer.num_batches_tracked.item() == 0);
}

TEST_CASE("batch norm of the wrong rank or channels is refused") {
    nn::BatchNorm1d flat = initialized(nn::BatchNorm1d{3});
    nn::BatchNorm2d image = initialized(nn::BatchNorm2d{3});
    CHECK(flat(tensor({{1, 2, 3}, {4, 5, 7}}, DType::f64)).shape() == Shape{2, 3});
    CHECK(flat(reshape(arange(12, DType::f64), {2, 3, 2})).shape() == Shape{2, 3, 2});
    CHECK_THROWS_WITH(flat(ones({2, 3, 2, 2}, DType::f64)), Contains("[BatchNorm1d] expected shape [N, 3] or [N, 3, L], got [2, 3, 2, 2]"));
    CHECK_THROWS_WITH(image(ones({2, 4, 2, 2}, DType::f64)), Contains("[BatchNorm2d] expected shape [N, 3, H, W], got [2, 4, 2, 2]"));
    CHECK_THROWS_AS(nn::BatchNorm2d(0), ValueError);
}

TEST_CASE("layers without affine parameters have none and need no initialising") {
    nn::BatchNorm1d batch{2, {.affine = false}};
    nn::LayerNorm layer{2, {.affine = false}};
    nn::GroupNorm group{1, 2, {.affine = false}};
    for (nn::Module* module : {static_cast<nn::Module*>(&batch), static_cast<nn::Module*>(&layer), static_cast<nn::Module*>(&group)}) {
        CHECK(module->parameters().empty());
        CHECK((*module)(tensor({{1, 2}, {4, 3}})).shape() == Shape{2, 2});
    }
}

TEST_CASE("a row of one number normalises to its bias") {
    nn::LayerNorm layer{1};
    Rng rng{2};
    layer.initialize(rng);
    layer.bias = full({1}, 0.75).set_requires_grad();
    CHECK(layer(tensor({{3}, {-5}})).to_vector() == std::vector<double>{0.75, 0.75});
    CHECK_THROWS_AS(nn::LayerNorm(0), ValueError);
}

TEST_CASE("layer norm normalises each row") {
    nn::LayerNorm layer = initialized(nn::LayerNorm{2, {.epsilon = 0.0}});
    layer.weight = tensor({1, 10}, DType::f64);
    layer.bias = tensor({0, 1}, DType::f64);
    CHECK(layer(tensor({{3, 7}, {0, -8}}, DType::f64)).to_vector() == std::vector<double>{-1, 11, 1, -9});
    CHECK(nn::LayerNorm({4, 2}).weight.shape() == Shape{4, 2});
    CHECK_THROWS_AS(nn::LayerNorm(Shape{}), ValueError);
}

TEST_CASE("group norm of one group per channel normalises each channel of each example") {
    nn::GroupNorm layer = initialized(nn::GroupNorm{2, 2, {.epsilon = 0.0}});
    const Tensor x = reshape(tensor({1, 3, 10, 30}, DType::f64), {1, 2, 2});
    CHECK(layer(x).to_vector() == std::vector<double>{-1, 1, -1, 1});
    CHECK_THROWS_WITH(nn::GroupNorm(2, 3), Contains("[GroupNorm] expected groups that divide 3 channels, got 2"));
    CHECK_THROWS_WITH(layer(ones({1, 3, 2}, DType::f64)), Contains("[GroupNorm] expected shape [N, 2, ...], got [1, 3, 2]"));
}

TEST_CASE("gradients of normalisation layers agree with finite differences") {
    nn::BatchNorm1d batch1d{2};
    check_layer_gradients(batch1d, Shape{4, 2});
    nn::BatchNorm2d batch2d{2};
    check_layer_gradients(batch2d, Shape{2, 2, 1, 3});
    nn::LayerNorm layer{{2, 3}};
    check_layer_gradients(layer, Shape{2, 2, 3});
    nn::GroupNorm group{2, 4};
    check_layer_gradients(group, Shape{1, 4, 3});
}

TEST_CASE("gradients of batch norm in evaluation agree with finite differences") {
    nn::BatchNorm2d layer{2};
    layer.running_mean = tensor({0.5, -1}, DType::f64);
    layer.running_var = tensor({2, 0.5}, DType::f64);
    layer.eval();
    check_layer_gradients(layer, Shape{2, 2, 1, 3});
}
