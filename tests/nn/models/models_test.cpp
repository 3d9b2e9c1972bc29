#include "nn/check_layer.h"

#include <knoll/core/ops/reduce.h>
#include <knoll/nn/models/models.h>
#include <catch2/catch.hpp>

using namespace knoll;
using Catch::Matchers::Contains;

namespace {

Tensor logits(nn::Sequential net, const Shape& shape) {
    Rng rng{1};
    net.initialize(rng);
    return net(randn(shape, rng));
}

bool has(const nn::Module& module, const std::string& name, const Shape& shape) {
    const nn::StateDict state = module.state_dict();
    return find_tensor(state, name).shape() == shape;
}

}  // namespace

TEST_CASE("models take images of their options and give one logit per class") {
    CHECK(logits(nn::models::mlp(), {2, 1, 28, 28}).shape() == Shape{2, 10});
    CHECK(logits(nn::models::lenet5(), {2, 1, 28, 28}).shape() == Shape{2, 10});
    CHECK(logits(nn::models::small_cnn(), {2, 1, 28, 28}).shape() == Shape{2, 10});
    CHECK(logits(nn::models::resnet20(), {2, 3, 32, 32}).shape() == Shape{2, 10});
    CHECK(logits(nn::models::mlp({.channels = 7, .size = 1, .classes = 3, .hidden = {5, 4}}), {2, 7}).shape() == Shape{2, 3});
    CHECK(logits(nn::models::mlp({.channels = 7, .size = 1, .classes = 3, .hidden = {}}), {1, 7}).shape() == Shape{1, 3});
    CHECK(logits(nn::models::lenet5({.channels = 3, .size = 32, .classes = 40}), {1, 3, 32, 32}).shape() == Shape{1, 40});
    CHECK(logits(nn::models::lenet5({.size = 12}), {1, 1, 12, 12}).shape() == Shape{1, 10});
    for (const std::int64_t size : {4, 7, 8, 9, 15, 33})
        CHECK(logits(nn::models::small_cnn({.channels = 2, .size = size, .classes = 4}), {3, 2, size, size}).shape() == Shape{3, 4});
    CHECK(logits(nn::models::resnet20({.channels = 1, .size = 9, .classes = 4}), {2, 1, 9, 9}).shape() == Shape{2, 4});
}

TEST_CASE("models have as many parameters as their papers say") {
    CHECK(nn::models::lenet5().num_parameters() == 61706);  // 156 + 2416 + 48120 + 10164 + 850
    CHECK(nn::models::mlp().num_parameters() == 784 * 256 + 256 + 2570);
    CHECK(nn::models::resnet20().num_parameters() == 272474);  // 0.27 M, with projections for the two shortcuts
    CHECK(nn::models::small_cnn({.size = 32}).num_parameters() == 144 + 4608 + 18432 + 73728 + 2 * (16 + 32 + 64 + 128) + 512 * 10 + 10);
}

TEST_CASE("the parameters of resnet20 are named as in torchvision") {
    const nn::Sequential net = nn::models::resnet20();
    CHECK(has(net, "conv1.weight", {16, 3, 3, 3}));
    CHECK(has(net, "bn1.running_mean", {16}));
    CHECK(has(net, "layer1.0.conv1.weight", {16, 16, 3, 3}));
    CHECK(has(net, "layer2.0.downsample.0.weight", {32, 16, 1, 1}));
    CHECK(has(net, "layer2.0.downsample.1.num_batches_tracked", {}));
    CHECK(has(net, "layer3.2.bn2.bias", {64}));
    CHECK(has(net, "fc.weight", {10, 64}));
    for (const std::string& name : names_of(net.state_dict())) CHECK_FALSE(name.starts_with("layer1.0.downsample"));
}

TEST_CASE("every parameter of every model gets a gradient") {
    const std::vector<nn::Sequential> models{nn::models::mlp({.size = 12}), nn::models::lenet5({.size = 12}), nn::models::small_cnn({.size = 12}),
                                             nn::models::resnet20({.channels = 1, .size = 12})};
    for (nn::Sequential net : models) {
        Rng rng{3};
        net.initialize(rng);
        backward(sum(log_softmax(net(randn({4, 1, 12, 12}, rng)), 1)));
        for (const auto& [name, parameter] : net.named_parameters()) {
            INFO(name);
            CHECK(parameter.grad().defined());
        }
    }
}

TEST_CASE("models too small for their layers are refused") {
    CHECK_THROWS_WITH(nn::models::small_cnn({.size = 3}), Contains("[small_cnn] expected images of 4x4 or more, got 3x3"));
    CHECK_THROWS_WITH(nn::models::lenet5({.size = 11}), Contains("[lenet5] expected images of 12x12 or more, got 11x11"));
    CHECK_THROWS_WITH(nn::models::resnet20({.channels = 0, .size = 32}), Contains("[resnet20] expected 1 or more channels and classes, got 0 and 10"));
    CHECK_THROWS_AS(nn::models::mlp({.hidden = {0}}), ValueError);
}
