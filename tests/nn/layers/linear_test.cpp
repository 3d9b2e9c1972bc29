#include "nn/check_layer.h"
#include "support/close.h"

#include <knoll/nn/layers/linear.h>
#include <catch2/catch.hpp>

using namespace knoll;

TEST_CASE("a linear layer multiplies by its weight's rows and adds its bias") {
    nn::Linear layer{3, 2};
    layer.weight = tensor({{1, 2, 3}, {4, 5, 6}});
    layer.bias = tensor({10, 20});
    CHECK(layer(tensor({{1, 0, -1}, {1, 1, 1}})).to_vector() == std::vector<double>{8, 18, 16, 35});
}

TEST_CASE("a linear layer takes any leading dimensions") {
    nn::Linear layer{3, 2};
    Rng rng{1};
    layer.initialize(rng);
    CHECK(layer(ones({3})).shape() == Shape{2});
    CHECK(layer(ones({4, 1, 3})).shape() == Shape{4, 1, 2});
    CHECK(layer(ones({0, 3})).shape() == Shape{0, 2});
}

TEST_CASE("a linear layer begins with Kaiming's deviation and no bias") {
    nn::Linear layer{200, 100};
    Rng rng{1};
    layer.initialize(rng);
    double squares = 0;
    for (const double value : layer.weight.to_vector()) squares += value * value;
    CHECK(std::sqrt(squares / 20000) == Approx(std::sqrt(2.0 / 200)).epsilon(0.03));
    CHECK(layer.bias.to_vector() == std::vector<double>(100, 0.0));
}

TEST_CASE("gradients of a linear layer agree with finite differences") {
    nn::Linear with_bias{3, 2}, without_bias{2, 3, {.bias = false}};
    check_layer_gradients(with_bias, Shape{4, 3});
    check_layer_gradients(without_bias, Shape{1, 2});
}

TEST_CASE("a linear layer of no features is refused") {
    CHECK_THROWS_WITH(nn::Linear(0, 3), Catch::Matchers::Equals("[Linear] expected 1 or more features, got 0 in and 3 out"));
}
