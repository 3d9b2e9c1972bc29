#include "support/close.h"

#include <knoll/core/autograd.h>
#include <knoll/core/gradcheck.h>
#include <knoll/core/ops/ops.h>
#include <knoll/losses/learned_loss.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

using namespace knoll;
using losses::LearnedLoss;

namespace {

Tensor drawn_parameters(std::int64_t units, DType dtype = DType::f64) {
    Rng rng{5};
    return randn({4 * units}, rng, dtype);
}

// Row by row in plain loops.
std::vector<double> naive_learned_loss(const std::vector<double>& w, const Tensor& logits, const Tensor& classes) {
    const std::size_t units = w.size() / 4;
    std::vector<double> losses;
    for (std::int64_t n = 0; n < logits.size(0); ++n) {
        const std::vector<double> z = select(logits, 0, n).to_vector();
        double total = 0, loss = 0;
        for (const double logit : z) total += std::exp(logit - *std::max_element(z.begin(), z.end()));
        for (std::size_t c = 0; c < z.size(); ++c) {
            const double y = classes.at<std::int64_t>(n) == static_cast<std::int64_t>(c) ? 1 : 0;
            const double p = std::exp(z[c] - *std::max_element(z.begin(), z.end())) / total;
            for (std::size_t h = 0; h < units; ++h) loss += w[3 * units + h] * std::tanh(w[2 * h] * y + w[2 * h + 1] * p + w[2 * units + h]);
        }
        losses.push_back(loss);
    }
    return losses;
}

}  // namespace

TEST_CASE("the learned loss is its network summed over classes, in either precision, at any size and any logits") {
    Rng rng{1};
    for (const Shape& shape : {Shape{1, 2}, Shape{4, 3}, Shape{7, 10}})
        for (const std::int64_t units : {1, 6})
            for (const double scale : {1.0, 1e4}) {
                const Tensor logits = scale * randn(shape, rng, DType::f64), parameters = drawn_parameters(units);
                Tensor classes = empty({shape[0]}, DType::i64);
                for (auto& c : classes.mutable_data<std::int64_t>()) c = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(shape[1])));
                const Tensor expected = tensor(naive_learned_loss(parameters.to_vector(), logits, classes), {shape[0]}, DType::f64);
                check_close(LearnedLoss{parameters, Reduction::none}(logits, classes), expected, 1e-12, 1e-12);
                check_close(LearnedLoss{parameters}(logits, classes), mean(expected), 1e-12, 1e-12);
                check_close(LearnedLoss{parameters.to(DType::f32), Reduction::sum}(logits.to(DType::f32), classes), sum(expected).to(DType::f32), 1e-3, 1e-3);
                Tensor x = logits.clone().set_requires_grad();
                const auto slopes = grad(LearnedLoss{parameters}(x, classes), x).to_vector();
                CHECK(std::all_of(slopes.begin(), slopes.end(), [](double slope) { return std::isfinite(slope); }));
            }
}

TEST_CASE("the gradient of the learned loss is the chain of its slope in p and the softmax") {
    Rng rng{2};
    const Tensor parameters = drawn_parameters(3), classes = from_data<std::int64_t>({2}, std::vector<std::int64_t>{2, 0});
    Tensor logits = randn({2, 4}, rng, DType::f64).set_requires_grad();
    const Tensor gradient = grad(LearnedLoss{parameters, Reduction::sum}(logits, classes), logits);
    const std::vector<double> w = parameters.to_vector();
    const Tensor p = softmax(logits.detach(), {1});
    for (std::int64_t n = 0; n < 2; ++n) {
        std::vector<double> slope(4);
        double mean_slope = 0;
        for (std::int64_t c = 0; c < 4; ++c) {
            for (std::size_t h = 0; h < 3; ++h) {
                const double t = std::tanh(w[2 * h] * (classes.at<std::int64_t>(n) == c ? 1 : 0) + w[2 * h + 1] * p.at<double>(n, c) + w[6 + h]);
                slope[static_cast<std::size_t>(c)] += w[9 + h] * w[2 * h + 1] * (1 - t * t);
            }
            mean_slope += p.at<double>(n, c) * slope[static_cast<std::size_t>(c)];
        }
        for (std::int64_t c = 0; c < 4; ++c)
            CHECK(gradient.at<double>(n, c) == Approx(p.at<double>(n, c) * (slope[static_cast<std::size_t>(c)] - mean_slope)).margin(1e-14));
    }
}

TEST_CASE("the learned loss is differentiable twice in logits and in parameters") {
    Rng rng{3};
    const Tensor classes = from_data<std::int64_t>({3}, std::vector<std::int64_t>{1, 0, 2});
    const auto function = [&](const std::vector<Tensor>& in) { return LearnedLoss{in[1], Reduction::none}(in[0], classes); };
    const std::vector<Tensor> inputs{randn({3, 3}, rng, DType::f64), drawn_parameters(2)};
    CHECK(gradcheck(function, inputs, {.order = 2}).ok());
}

TEST_CASE("the learned loss does not depend on the order of classes") {
    Rng rng{4};
    const Tensor logits = randn({2, 3}, rng, DType::f64), parameters = drawn_parameters(5);
    const auto value = [&](const Tensor& x, std::int64_t a, std::int64_t b) {
        return LearnedLoss{parameters}(x, from_data<std::int64_t>({2}, std::vector<std::int64_t>{a, b})).item();
    };
    CHECK(value(logits, 0, 1) == Approx(value(flip(logits, {1}), 2, 1)));
}

TEST_CASE("the learned loss refuses parameters that are no network, and what every loss of a class refuses") {
    CHECK_THROWS_WITH(LearnedLoss{zeros({6})}, "[learned_loss] expected a vector of 4 parameters for each of 1 or more hidden units, got shape [6]");
    CHECK_THROWS_AS(LearnedLoss{zeros({0})}, ShapeError);
    CHECK_THROWS_AS(LearnedLoss{zeros({4, 2})}, ShapeError);
    CHECK_THROWS_WITH(LearnedLoss{zeros({4}, DType::i64)}, "[learned_loss] expected parameters of f32 or f64, got i64");
    CHECK_THROWS_WITH(LearnedLoss{Tensor{}}, "[learned_loss] expected parameters, got an undefined tensor");
    const LearnedLoss loss{drawn_parameters(2)};
    const Tensor logits = zeros({2, 3}, DType::f64);
    CHECK_THROWS_WITH(loss(logits, from_data<std::int64_t>({2}, std::vector<std::int64_t>{0, 3})),
                      "[learned_loss] expected targets in [0, 3), got 3 at index [1]");
    CHECK_THROWS_WITH(loss(full({1, 2}, NAN), zeros({1}, DType::i64)), "[learned_loss] expected logits that are numbers, got NaN at index [0, 0]");
    CHECK_THROWS_WITH(losses::learned_loss_term(drawn_parameters(1), zeros({2}), zeros({3})),
                      "[learned_loss] expected targets and probabilities of one shape, got [2] and [3]");
}
