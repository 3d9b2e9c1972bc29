#include "nn/check_layer.h"

#include <knoll/core/ops/reduce.h>
#include <knoll/nn/layers/embedding.h>
#include <catch2/catch.hpp>

using namespace knoll;

TEST_CASE("an embedding looks up rows, and rows looked up twice get both gradients") {
    nn::Embedding layer{3, 2};
    layer.weight = tensor({{1, 2}, {3, 4}, {5, 6}}).set_requires_grad();
    const Tensor y = layer(tensor({{2, 0}, {2, 2}}, DType::i64));
    CHECK(y.shape() == Shape{2, 2, 2});
    CHECK(y.to_vector() == std::vector<double>{5, 6, 1, 2, 5, 6, 5, 6});
    backward(sum(y));
    CHECK(layer.weight.grad().to_vector() == std::vector<double>{1, 1, 0, 0, 3, 3});
}

TEST_CASE("gradients of an embedding agree with finite differences") {
    nn::Embedding layer{4, 3};
    check_layer_gradients(layer, tensor({1, 3, 1}, DType::i64));
}

TEST_CASE("an index beyond the embedding is refused") {
    nn::Embedding layer{3, 2};
    Rng rng{1};
    layer.initialize(rng);
    CHECK_THROWS_AS(layer(tensor({3}, DType::i64)), IndexError);
    CHECK_THROWS_AS(nn::Embedding(0, 2), ValueError);
}
