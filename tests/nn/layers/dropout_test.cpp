#include "nn/check_layer.h"

#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/nn/layers/dropout.h>
#include <catch2/catch.hpp>

using namespace knoll;

TEST_CASE("in training dropout zeroes the asked share and scales the rest") {
    nn::Dropout layer{0.25};
    Rng rng{1};
    layer.initialize(rng);
    const auto values = layer(ones({100, 100}, DType::f64)).to_vector();
    double kept = 0;
    for (const double value : values) {
        CHECK((value == 0.0 || value == 1.0 / 0.75));
        kept += value != 0.0;
    }
    CHECK(kept / 10000 == Approx(0.75).margin(0.03));
}

TEST_CASE("every training pass of dropout draws anew, and the gradient sees the same mask") {
    nn::Dropout layer;
    Rng rng{1};
    layer.initialize(rng);
    const Tensor x = ones({50}).set_requires_grad();
    const Tensor first = layer(x), second = layer(x);
    CHECK(first.to_vector() != second.to_vector());
    backward(sum(first));
    CHECK(x.grad().to_vector() == first.to_vector());
}

TEST_CASE("two dropouts of one net draw different masks") {
    nn::Dropout a, b;
    Rng rng{1};
    a.initialize(rng);
    b.initialize(rng);
    CHECK(a(ones({64})).to_vector() != b(ones({64})).to_vector());
}

TEST_CASE("in evaluation dropout is the identity and needs no generator") {
    nn::Dropout layer;
    layer.eval();
    const Tensor x = ones({3});
    CHECK(layer(x).is_same(x));
}

TEST_CASE("training dropout without a generator is an error") {
    nn::Dropout layer;
    CHECK_THROWS_WITH(layer(ones({3})), Catch::Matchers::Equals(
                                            "[Dropout] expected a random generator in training mode, got none; call initialize(rng) on the model, or eval()"));
    CHECK_THROWS_WITH(nn::Dropout(1.0), Catch::Matchers::Equals("[Dropout] expected a probability in [0, 1), got 1"));
    CHECK_THROWS_AS(nn::Dropout(-0.1), ValueError);
}
