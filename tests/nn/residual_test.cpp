#include "nn/check_layer.h"
#include "support/close.h"

#include <knoll/core/ops/arithmetic.h>
#include <knoll/nn/layers/layers.h>
#include <knoll/nn/residual.h>
#include <catch2/catch.hpp>

using namespace knoll;

TEST_CASE("a residual adds its body to its input") {
    nn::Residual block{nn::Sequential{nn::Linear{3, 3}, nn::Tanh{}}};
    Rng rng{1};
    block.initialize(rng);
    const Tensor x = randn({2, 3}, rng);
    check_close(block(x), x + block.body(x), 0, 0);
    CHECK(names_of(block.state_dict()) == std::vector<std::string>{"body.0.weight", "body.0.bias"});
}

TEST_CASE("a shortcut changes the shape as the body does") {
    nn::Residual block{nn::Sequential{nn::Linear{3, 2}, nn::Tanh{}}, nn::Sequential{nn::Linear{3, 2, {.bias = false}}}};
    CHECK(names_of(block.state_dict()) == std::vector<std::string>{"body.0.weight", "body.0.bias", "shortcut.0.weight"});
    check_layer_gradients(block, Shape{4, 3});
}

TEST_CASE("a body that changes the shape needs a shortcut") {
    nn::Residual block{nn::Sequential{nn::Linear{3, 2}}};
    Rng rng{1};
    block.initialize(rng);
    CHECK_THROWS_WITH(block(ones({1, 3})), Catch::Matchers::Contains("[Residual] expected a body that keeps the shape [1, 3], got [1, 2]"));
}
