#include "nn/check_layer.h"
#include "support/close.h"

#include <knoll/nn/layers/layers.h>
#include <knoll/nn/sequential.h>
#include <catch2/catch.hpp>

#include <limits>
#include <vector>

using namespace knoll;
using Catch::Matchers::Contains;

namespace {

// A Sequential runs some pairs of neighbours as one. Checks values, gradients and state against a copy whose modules run one by one.
void check_one_by_one(nn::Sequential net, const Tensor& x, bool training, DType dtype = DType::f64) {
    CAPTURE(training, to_string(dtype));
    Rng rng{7};
    net.to(dtype);
    net.initialize(rng);
    for (const auto& entry : net.named_parameters()) {  // none that would make a channel like another, or like nothing
        Tensor parameter = entry.second.detach();
        parameter.copy_(randn(parameter.shape(), rng));
    }
    nn::Sequential copy = nn::clone(net);
    net.train(training);
    copy.train(training);
    const Tensor first = x.to(dtype).clone().set_requires_grad(), second = x.to(dtype).clone().set_requires_grad();
    for (int step = 0; step < 2; ++step) {
        const Tensor together = net(first);
        Tensor y = second;
        for (std::size_t i = 0; i < copy.size(); ++i) y = copy[i](y);
        const double tolerance = dtype == DType::f32 ? 1e-5 : 1e-12;
        check_close(together, y, tolerance, tolerance);
        const Tensor upstream = randn(y.shape(), rng, dtype);
        backward(together, {.grad_output = upstream});
        backward(y, {.grad_output = upstream});
        check_close(first.grad(), second.grad(), 10 * tolerance, 10 * tolerance);
        const auto parameters = net.named_parameters(), others = copy.named_parameters();
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            INFO(parameters[i].first);
            check_close(parameters[i].second.grad(), others[i].second.grad(), 10 * tolerance, 10 * tolerance);
        }
        const auto state = net.state_dict(), other_state = copy.state_dict();
        CHECK(names_of(state) == names_of(other_state));
        for (std::size_t i = 0; i < state.size(); ++i) {
            INFO(state[i].first);
            check_close(state[i].second, other_state[i].second, tolerance, 0);
        }
    }
}

void check_one_by_one(const nn::Sequential& net, const Tensor& x) {
    for (const bool training : {true, false})
        for (const DType dtype : {DType::f32, DType::f64}) check_one_by_one(nn::clone(net), x, training, dtype);
}

}  // namespace

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
    CHECK_THROWS_WITH(net.append("fc", nn::ReLU{}), Contains("expected a new name, got \"fc\" again"));
    CHECK_THROWS_AS(net.append("a.b", nn::ReLU{}), ValueError);
    CHECK_THROWS_AS(net.append("", nn::ReLU{}), ValueError);
}

TEST_CASE("shape errors come from the layer that does not fit") {
    nn::Sequential net{nn::Linear{2, 3}, nn::Linear{4, 1}};
    Rng rng{1};
    net.initialize(rng);
    CHECK_THROWS_AS(net(ones({1, 2})), ShapeError);
}

TEST_CASE("batch normalisation and ReLU run as one as they do one by one, wherever they stand") {
    using namespace nn;
    Rng rng{3};
    const Tensor images = randn({4, 3, 6, 5}, rng), rows = randn({9, 4}, rng), sequences = randn({3, 4, 7}, rng);
    check_one_by_one(Sequential{BatchNorm2d{3}, ReLU{}}, images);
    check_one_by_one(Sequential{Conv2d{3, 5, {.padding = 1, .bias = false}}, BatchNorm2d{5}, ReLU{}, Conv2d{5, 2}, BatchNorm2d{2}}, images);
    check_one_by_one(Sequential{BatchNorm2d{3}, BatchNorm2d{3}, ReLU{}, ReLU{}}, images);
    check_one_by_one(Sequential{BatchNorm2d{3, {.epsilon = 1e-2, .momentum = 0.4, .affine = false}}, ReLU{}, Conv2d{3, 2}}, images);
    check_one_by_one(Sequential{BatchNorm2d{3}, LeakyReLU{0.1}}, images);
    check_one_by_one(Sequential{Linear{4, 6}, BatchNorm1d{6}, ReLU{}, Linear{6, 2}}, rows);
    check_one_by_one(Sequential{BatchNorm1d{4}, ReLU{}}, sequences);
    check_one_by_one(Sequential{Sequential{BatchNorm2d{3}}, ReLU{}}, images);
}

TEST_CASE("ReLU and maximum change places without a trace, wherever they stand") {
    using namespace nn;
    Rng rng{4};
    const Tensor images = randn({2, 3, 9, 11}, rng);
    check_one_by_one(Sequential{ReLU{}, MaxPool2d{2}}, images);
    check_one_by_one(Sequential{MaxPool2d{2}, ReLU{}}, images);
    check_one_by_one(Sequential{ReLU{}, MaxPool2d{3, {.stride = 2, .padding = 1}}, ReLU{}, MaxPool2d{2}}, images);
    check_one_by_one(Sequential{Conv2d{3, 4}, ReLU{}, MaxPool2d{2}, Flatten{}, Linear{48, 3}, ReLU{}}, images);
    check_one_by_one(Sequential{ReLU{}, ReLU{}, MaxPool2d{2}}, images);
    check_one_by_one(Sequential{ReLU{}, AvgPool2d{2}}, images);
    check_one_by_one(Sequential{BatchNorm2d{3}, ReLU{}, MaxPool2d{2}}, images);  // two pairs that share the ReLU
}

TEST_CASE("pairs that run as one treat ties, zeros and windows below zero as the modules do one by one") {
    using namespace nn;
    Rng rng{5};
    // Few different values, zero among them, so that every window has ties; and a corner where all are negative.
    std::vector<double> values(2 * 2 * 8 * 6);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = i % 8 < 4 && i < 48 ? -1.0 - static_cast<double>(i % 3) : static_cast<double>(rng.below(4)) - 2.0;
    const Tensor x = tensor(values, {2, 2, 8, 6});
    check_one_by_one(Sequential{ReLU{}, MaxPool2d{2}}, x);
    check_one_by_one(Sequential{ReLU{}, MaxPool2d{3, {.stride = 1, .padding = 1}}}, x);
    check_one_by_one(Sequential{BatchNorm2d{2}, ReLU{}}, x);
    check_one_by_one(Sequential{ReLU{}, MaxPool2d{2}}, zeros({1, 1, 4, 4}));
}

TEST_CASE("pairs that run as one pass NaN and infinities on as the modules do one by one") {
    using namespace nn;
    const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
    std::vector<double> values(64);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i % 7) - 3.0;
    values[3] = values[20] = nan;
    values[21] = infinity;
    values[42] = -infinity;
    const Tensor x = tensor(values, {1, 1, 8, 8});
    check_one_by_one(Sequential{ReLU{}, MaxPool2d{2}}, x);
    check_one_by_one(Sequential{ReLU{}, MaxPool2d{3, {.stride = 2, .padding = 1}}}, x);
    check_one_by_one(Sequential{BatchNorm2d{1}, ReLU{}}, x);
}
