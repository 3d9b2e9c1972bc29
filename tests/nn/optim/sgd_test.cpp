#include "nn/optim/reference.h"

#include <knoll/nn/optim/sgd.h>
#include <catch2/catch.hpp>

#include <memory>

using namespace knoll;
using Catch::Matchers::Equals;

namespace {

struct ReferenceSGD {
    nn::SGDOptions options;
    double buffer = 0;
    void operator()(double& w, double g, int step) {
        g += options.weight_decay * w;
        if (options.momentum != 0) {
            buffer = step == 1 ? g : options.momentum * buffer + g;
            g = options.nesterov ? g + options.momentum * buffer : buffer;
        }
        w -= options.learning_rate * g;
    }
};

}  // namespace

TEST_CASE("SGD follows its formula with and without momentum, Nesterov and decay") {
    const nn::SGDOptions options = GENERATE(nn::SGDOptions{.learning_rate = 0.1}, nn::SGDOptions{.learning_rate = 0.1, .weight_decay = 0.3},
                                            nn::SGDOptions{.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.01},
                                            nn::SGDOptions{.learning_rate = 0.1, .momentum = 0.5, .nesterov = true, .weight_decay = 0.2});
    check_against_reference([&](const std::vector<Tensor>& p) { return std::make_unique<nn::SGD>(p, options); }, [&] { return ReferenceSGD{options}; });
}

TEST_CASE("SGD options out of range are refused") {
    const std::vector<Tensor> weight{ones({1}).set_requires_grad()};
    CHECK_THROWS_WITH(nn::SGD(weight, {.learning_rate = -1}), Equals("[SGD] expected a learning rate of 0 or more, got -1"));
    CHECK_THROWS_WITH(nn::SGD(weight, {.learning_rate = NAN}), Equals("[SGD] expected a learning rate of 0 or more, got nan"));
    CHECK_THROWS_WITH(nn::SGD(weight, {.momentum = -0.5}), Equals("[SGD] expected a momentum of 0 or more, got -0.5"));
    CHECK_THROWS_WITH(nn::SGD(weight, {.weight_decay = -1}), Equals("[SGD] expected a weight decay of 0 or more, got -1"));
    CHECK_THROWS_WITH(nn::SGD(weight, {.nesterov = true}), Equals("[SGD] expected a momentum above 0 with nesterov, got 0"));
}
