#include "nn/check_layer.h"

#include <knoll/nn/layers/layers.h>
#include <knoll/nn/sequential.h>
#include <catch2/catch.hpp>

using namespace knoll;
using Catch::Matchers::Contains;

TEST_CASE("an empty Sequential is the identity") {
    nn::Sequential net;
    const Tensor x = ones({2});
    CHECK(net(x).is_same(x));
    CHECK(net.size() == 0);
}

TEST_CASE("modules are applied in order") {
    nn::Sequential net{nn::ELU{2.0}, nn::Flatten{0}, nn::ReLU{}};
    CHECK(net(tensor({{-1, 2}, {3, -4}})).to_vector() == std::vector<double>{0, 2, 3, 0});
}

TEST_CASE("copying a Sequential does not nest it, appending does") {
    const nn::Sequential inner{nn::Linear{1, 1}};
    nn::Sequential copy{inner};
    CHECK(names_of(copy.state_dict()) == std::vector<std::string>{"0.weight", "0.bias"});
    nn::Sequential outer;
    outer.append(inner);
    outer.append("head", nn::Linear{1, 1, {.bias = false}});
    CHECK(names_of(outer.state_dict()) == std::vector<std::string>{"0.0.weight", "0.0.bias", "head.weight"});
    CHECK(names_of(nn::Sequential{inner, inner}.state_dict()).back() == "1.0.bias");
}

TEST_CASE("a copied Sequential can grow on its own") {
    nn::Sequential net{nn::ReLU{}};
    nn::Sequential copy = net;
    copy.append(nn::ReLU{});
    CHECK(net.size() == 1);
    net = copy;
    CHECK(net.size() == 2);
}

TEST_CASE("modules are reached by position, as what they are") {
    nn::Sequential net{nn::Linear{2, 3}, nn::ReLU{}};
    CHECK(net.get<nn::Linear>(0).weight.shape() == Shape{3, 2});
    CHECK_THROWS_AS(net.get<nn::Linear>(1), ValueError);
    CHECK_THROWS_WITH(net[2], Contains("expected a position below 2, got 2"));
}

TEST_CASE("names are taken once and have no dots") {
    nn::Sequential net;
    net.append("fc", nn::ReLU{});
    CHECK_THROWS_WITH(net.append("fc", nn::ReLU{}), Contains("expected a new name, got fc again"));
    CHECK_THROWS_AS(net.append("a.b", nn::ReLU{}), ValueError);
    CHECK_THROWS_AS(net.append("", nn::ReLU{}), ValueError);
}

TEST_CASE("shape errors come from the layer that does not fit") {
    nn::Sequential net{nn::Linear{2, 3}, nn::Linear{4, 1}};
    Rng rng{1};
    net.initialize(rng);
    CHECK_THROWS_AS(net(ones({1, 2})), ShapeError);
}
