#include "nn/optim/reference.h"

#include <knoll/nn/optim/adam.h>
#include <catch2/catch.hpp>

#include <memory>

using namespace knoll;
using Catch::Matchers::Equals;

namespace {

template <class Options>
struct ReferenceAdam {
    Options options;
    bool decoupled;
    double m = 0, v = 0;
    void operator()(double& w, double g, int step) {
        if (decoupled)
            w *= 1 - options.learning_rate * options.weight_decay;
        else
            g += options.weight_decay * w;
        m = options.beta1 * m + (1 - options.beta1) * g;
        v = options.beta2 * v + (1 - options.beta2) * g * g;
        const double m_hat = m / (1 - std::pow(options.beta1, step));
        const double v_hat = v / (1 - std::pow(options.beta2, step));
        w -= options.learning_rate * m_hat / (std::sqrt(v_hat) + options.epsilon);
    }
};

}  // namespace

TEST_CASE("Adam follows its formula with and without decay") {
    const nn::AdamOptions options = GENERATE(nn::AdamOptions{.learning_rate = 0.01},
                                             nn::AdamOptions{.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.9, .epsilon = 1e-3, .weight_decay = 0.2});
    check_against_reference([&](const std::vector<Tensor>& p) { return std::make_unique<nn::Adam>(p, options); },
                            [&] {
                                return ReferenceAdam<nn::AdamOptions>{options, false};
                            });
}

TEST_CASE("AdamW shrinks weights apart from the gradient") {
    const nn::AdamWOptions options = GENERATE(nn::AdamWOptions{}, nn::AdamWOptions{.learning_rate = 0.1, .weight_decay = 0.5});
    check_against_reference([&](const std::vector<Tensor>& p) { return std::make_unique<nn::AdamW>(p, options); },
                            [&] {
                                return ReferenceAdam<nn::AdamWOptions>{options, true};
                            });
}

TEST_CASE("the first step of Adam has the length of the learning rate whatever the gradient's scale") {
    for (const double scale : {1e-3, 1.0, 1e6}) {
        Tensor weight = zeros({2}).set_requires_grad();
        nn::Adam adam{{weight}, {.learning_rate = 0.1}};
        weight.set_grad(tensor({scale, -scale}));
        adam.step();
        CHECK(weight.at<float>(0) == Approx(-0.1).epsilon(1e-4));
        CHECK(weight.at<float>(1) == Approx(0.1).epsilon(1e-4));
    }
}

TEST_CASE("Adam options out of range are refused") {
    const std::vector<Tensor> weight{ones({1}).set_requires_grad()};
    CHECK_THROWS_WITH(nn::Adam(weight, {.beta1 = 1}), Equals("[Adam] expected a beta1 in [0, 1), got 1"));
    CHECK_THROWS_WITH(nn::Adam(weight, {.beta2 = -0.1}), Equals("[Adam] expected a beta2 in [0, 1), got -0.1"));
    CHECK_THROWS_WITH(nn::AdamW(weight, {.epsilon = -1}), Equals("[AdamW] expected an epsilon of 0 or more, got -1"));
}
