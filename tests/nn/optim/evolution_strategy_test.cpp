#include "support/close.h"

#include <knoll/core/ops/ops.h>
#include <knoll/nn/optim/adam.h>
#include <knoll/nn/optim/evolution_strategy.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace knoll;
using nn::EvolutionStrategy;

namespace {

template <class Fitness>
std::vector<double> measured(const EvolutionStrategy& strategy, const Tensor& centre, std::int64_t generation, const Fitness& fitness) {
    std::vector<double> values;
    for (int i = 0; i < strategy.candidates(); ++i) values.push_back(fitness(strategy.candidate(centre, generation, i)));
    return values;
}

}  // namespace

TEST_CASE("candidates come in pairs around the centre, and depend on seed, generation and pair alone") {
    const EvolutionStrategy strategy{{.pairs = 3, .deviation = 0.2, .seed = 7}};
    const Tensor centre = tensor({1, -2, 3}, DType::f64);
    for (int pair = 0; pair < 3; ++pair)
        check_close(strategy.candidate(centre, 4, 2 * pair) + strategy.candidate(centre, 4, 2 * pair + 1), 2.0 * centre, 1e-15, 1e-15);
    const auto first = strategy.candidate(centre, 4, 0).to_vector();
    CHECK(first == strategy.candidate(centre, 4, 0).to_vector());
    CHECK(first != strategy.candidate(centre, 5, 0).to_vector());
    CHECK(first != strategy.candidate(centre, 4, 2).to_vector());
    CHECK(first != EvolutionStrategy{{.pairs = 3, .deviation = 0.2, .seed = 8}}.candidate(centre, 4, 0).to_vector());
    CHECK(strategy.candidate(centre.to(DType::f32), 0, 0).dtype() == DType::f32);
}

TEST_CASE("the ascent is the sum over pairs of fitness differences times noise") {
    const Tensor centre = tensor({1, -2, 3, 0}, DType::f64);
    const std::vector<double> fitness{3, -1, 0.5, 8, 2, 2};
    for (const bool ranks : {false, true}) {
        const EvolutionStrategy strategy{{.pairs = 3, .deviation = 0.2, .ranks = ranks, .seed = 7}};
        const std::vector<double> shaped = ranks ? std::vector<double>{0.3, -0.5, -0.3, 0.5, 0, 0} : fitness;
        Tensor expected = zeros({4}, DType::f64);
        for (int i = 0; i < 6; ++i)  // every candidate weighted by its own fitness
            expected += shaped[static_cast<std::size_t>(i)] * (strategy.candidate(centre, 9, i) - centre) / (6 * 0.2 * 0.2);
        check_close(strategy.ascent(centre, 9, fitness), expected, 1e-12, 1e-12);
    }
}

TEST_CASE("over many generations the ascent of a quadratic has its gradient as mean") {
    const EvolutionStrategy strategy{{.pairs = 50, .deviation = 0.5, .ranks = false}};
    const Tensor centre = tensor({0.5, -1, 2}, DType::f64);
    const auto fitness = [](const Tensor& x) { return -sum(square(x)).item(); };
    Tensor total = zeros({3}, DType::f64);
    for (int g = 0; g < 100; ++g) total += strategy.ascent(centre, g, measured(strategy, centre, g, fitness)) / 100.0;
    check_close(total, -2.0 * centre, 0, 0.25);  // five times the standard error, 2 |x| / sqrt(5000)
}

TEST_CASE("an optimiser that follows the ascent of ranks finds the maximum of a stretched quadratic") {
    const EvolutionStrategy strategy{{.pairs = 8, .deviation = 0.1, .seed = 3}};
    const Tensor goal = tensor({1, -2, 0.5, 3}, DType::f64), stretch = tensor({1, 10, 0.3, 3}, DType::f64);
    const auto fitness = [&](const Tensor& x) { return -1e6 * sum(stretch * square(x - goal)).item(); };
    Tensor centre = zeros({4}, DType::f64).set_requires_grad();
    nn::Adam adam{{centre}, {.learning_rate = 0.05}};
    for (int g = 0; g < 300; ++g) {
        centre.set_grad(-strategy.ascent(centre, g, measured(strategy, centre, g, fitness)));
        adam.step();
    }
    check_close(centre.detach(), goal, 0, 0.2);
    CHECK_FALSE(strategy.candidate(centre, 0, 0).requires_grad());
}

TEST_CASE("ranks are shared by equal values and lowest for what is no number") {
    const double nan = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();
    CHECK(nn::centred_ranks(std::vector<double>{5, 1, infinite}) == std::vector<double>{0, -0.5, 0.5});
    CHECK(nn::centred_ranks(std::vector<double>{2, 2, 1, 2, nan}) == std::vector<double>{0.25, 0.25, -0.25, 0.25, -0.5});
    CHECK(nn::centred_ranks(std::vector<double>{nan, nan}) == std::vector<double>{0, 0});
    CHECK(nn::centred_ranks(std::vector<double>{7}) == std::vector<double>{0});
    CHECK(nn::centred_ranks({}).empty());
}

TEST_CASE("an evolution strategy refuses what makes no sense") {
    CHECK_THROWS_WITH(EvolutionStrategy{{.pairs = 0}}, "[EvolutionStrategy] expected 1 pair of candidates or more, got 0");
    CHECK_THROWS_WITH(EvolutionStrategy{{.deviation = 0}}, "[EvolutionStrategy] expected a positive deviation, got 0");
    const EvolutionStrategy strategy{{.pairs = 2}};
    CHECK_THROWS_WITH(strategy.candidate(zeros({2}), 0, 4), "[EvolutionStrategy] expected a candidate from 0 to 3, got 4");
    CHECK_THROWS_WITH(strategy.candidate(zeros({2, 2}), 0, 0), "[EvolutionStrategy] expected the centre as a vector, got shape [2, 2]");
    CHECK_THROWS_WITH(strategy.ascent(zeros({2}), 0, std::vector<double>{1, 2, 3}), "[EvolutionStrategy] expected the fitness of 4 candidates, got 3");
}
