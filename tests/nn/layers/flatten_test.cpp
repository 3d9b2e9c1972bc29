#include "nn/check_layer.h"

#include <knoll/nn/layers/flatten.h>
#include <catch2/catch.hpp>

using namespace knoll;

TEST_CASE("flatten keeps the batch unless told otherwise") {
    nn::Flatten all_but_batch, middle{1, 2}, everything{0};
    const Tensor x = ones({2, 3, 4, 5});
    CHECK(all_but_batch(x).shape() == Shape{2, 60});
    CHECK(middle(x).shape() == Shape{2, 12, 5});
    CHECK(everything(x).shape() == Shape{120});
    CHECK(all_but_batch(ones({0, 3, 4})).shape() == Shape{0, 12});
}

TEST_CASE("gradients pass through flatten") {
    nn::Flatten layer;
    check_layer_gradients(layer, Shape{2, 1, 3});
}
