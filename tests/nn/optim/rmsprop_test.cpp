#include "nn/optim/reference.h"

#include <knoll/nn/optim/rmsprop.h>
#include <catch2/catch.hpp>

#include <memory>

using namespace knoll;

namespace {

struct ReferenceRMSprop {
    nn::RMSpropOptions options;
    double v = 0, buffer = 0;
    void operator()(double& w, double g, int) {
        g += options.weight_decay * w;
        v = options.alpha * v + (1 - options.alpha) * g * g;
        buffer = options.momentum * buffer + g / (std::sqrt(v) + options.epsilon);
        w -= options.learning_rate * buffer;
    }
};

}  // namespace

TEST_CASE("RMSprop follows its formula with and without momentum") {
    const nn::RMSpropOptions options =
        GENERATE(nn::RMSpropOptions{}, nn::RMSpropOptions{.learning_rate = 0.01, .alpha = 0.5, .epsilon = 1e-3, .momentum = 0.9, .weight_decay = 0.2});
    check_against_reference([&](const std::vector<Tensor>& p) { return std::make_unique<nn::RMSprop>(p, options); }, [&] { return ReferenceRMSprop{options}; });
}

TEST_CASE("RMSprop options out of range are refused") {
    const std::vector<Tensor> weight{ones({1}).set_requires_grad()};
    CHECK_THROWS_WITH(nn::RMSprop(weight, {.alpha = 1.5}), Catch::Matchers::Equals("[RMSprop] expected an alpha in [0, 1), got 1.5"));
    CHECK_THROWS_AS(nn::RMSprop(weight, {.momentum = -1}), ValueError);
}
