#include "nn/check_layer.h"

#include <knoll/core/ops/shape.h>
#include <knoll/nn/layers/pooling.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

Tensor image() { return reshape(tensor({{1, 5, 2, 0}, {3, 4, 9, 8}, {7, 6, 1, 1}, {0, 2, 3, 5}}), {1, 1, 4, 4}); }

using Values = std::vector<double>;

}  // namespace

TEST_CASE("max pooling layers take the largest of each window") {
    nn::MaxPool2d halves{2}, overlapping{3, {.stride = 1}}, padded{2, {.padding = 1}}, flat{{1, 4}};
    CHECK(halves(image()).to_vector() == Values{5, 9, 7, 5});
    CHECK(overlapping(image()).to_vector() == Values{9, 9, 9, 9});
    CHECK(padded(image()).to_vector() == Values{1, 5, 0, 7, 9, 8, 0, 3, 5});
    CHECK(flat(image()).to_vector() == Values{5, 9, 7, 5});
}

TEST_CASE("average pooling layers count padding or do not") {
    nn::AvgPool2d halves{2}, padded{2, {.padding = 1}}, honest{2, {.padding = 1, .count_padding = false}};
    CHECK(halves(image()).to_vector() == Values{3.25, 4.75, 3.75, 2.5});
    CHECK(padded(image()).to_vector() == Values{0.25, 1.75, 0, 2.5, 5, 2.25, 0, 1.25, 1.25});
    CHECK(honest(image()).to_vector() == Values{1, 3.5, 0, 5, 5, 4.5, 0, 2.5, 5});
}

TEST_CASE("adaptive average pooling gives the size asked for whatever comes in") {
    nn::AdaptiveAvgPool2d one{1}, wide{{1, 2}};
    CHECK(one(image()).to_vector() == Values{57.0 / 16});
    CHECK(wide(image()).to_vector() == Values{28.0 / 8, 29.0 / 8});
    CHECK(one(ones({2, 3, 5, 7})).shape() == Shape{2, 3, 1, 1});
}

TEST_CASE("gradients of pooling layers agree with finite differences") {
    nn::MaxPool2d max_pool{2, {.stride = 1}};
    nn::AvgPool2d avg_pool{2, {.padding = 1}};
    nn::AdaptiveAvgPool2d adaptive{2};
    for (nn::Module* layer : {static_cast<nn::Module*>(&max_pool), static_cast<nn::Module*>(&avg_pool), static_cast<nn::Module*>(&adaptive)})
        check_layer_gradients(*layer, Shape{1, 2, 3, 5});
}
