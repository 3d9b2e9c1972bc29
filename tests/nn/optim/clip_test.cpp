#include "support/close.h"
#include "support/threads.h"

#include <knoll/core/ops/random.h>
#include <knoll/nn/optim/clip.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;

namespace {

Tensor with_gradient(const Tensor& gradient) {
    Tensor w = zeros_like(gradient).set_requires_grad();
    w.set_grad(gradient);
    return w;
}

}  // namespace

TEST_CASE("gradients longer than the limit are scaled to it together") {
    const std::vector<Tensor> parameters{with_gradient(tensor({3, 0}, DType::f64)), zeros({5}).set_requires_grad(), with_gradient(tensor({4}, DType::f64))};
    CHECK(nn::clip_grad_norm(parameters, 1.0) == 5.0);
    check_close(parameters[0].grad(), tensor({0.6, 0}, DType::f64), 1e-6, 0);
    check_close(parameters[2].grad(), tensor({0.8}, DType::f64), 1e-6, 0);
    CHECK(parameters[2].grad().item() == 4.0 * (1.0 / (5.0 + 1e-6)));  // PyTorch's guard against zero
    CHECK_FALSE(parameters[1].grad().defined());
}

TEST_CASE("gradients within the limit keep their bits") {
    const std::vector<Tensor> parameters{with_gradient(tensor({0.1, -0.3}))};
    const auto before = parameters[0].grad().to_vector();
    CHECK(nn::clip_grad_norm(parameters, 1.0) == Approx(std::sqrt(0.1)));
    CHECK(parameters[0].grad().to_vector() == before);
    CHECK(nn::clip_grad_norm({}, 1.0) == 0.0);
}

TEST_CASE("a norm that is not finite is returned and shows in the gradients") {
    const std::vector<Tensor> nan{with_gradient(tensor({1, NAN}))}, infinite{with_gradient(tensor({1, INFINITY}))};
    CHECK(std::isnan(nn::clip_grad_norm(nan, 1.0)));
    CHECK(std::isnan(nan[0].grad().to_vector()[0]));
    CHECK(std::isinf(nn::clip_grad_norm(infinite, 1.0)));
    CHECK(std::isnan(infinite[0].grad().to_vector()[1]));
}

TEST_CASE("the norm of large float gradients does not overflow, and is the same at any number of threads") {
    CHECK(nn::clip_grad_norm({with_gradient(full({2}, 3e38))}, 1.0) == Approx(3e38 * std::sqrt(2.0)));
    check_same_bits([] {
        Rng rng{1};
        const std::vector<Tensor> parameters{with_gradient(randn({100003}, rng)), with_gradient(randn({17}, rng))};
        const double norm = nn::clip_grad_norm(parameters, 0.5);
        return std::vector<Tensor>{scalar(norm, DType::f64), parameters[0].grad(), parameters[1].grad()};
    });
}

TEST_CASE("gradients whose squares overflow or vanish are measured and scaled as any others") {
    struct Case {
        Tensor gradient;
        double max_norm, norm;
        std::vector<double> after;
    };
    const double half = std::sqrt(0.5);
    const std::vector<Case> cases = {
        {tensor({1e200, 1e200}, DType::f64), 1, 1e200 / half, {half, half}},
        {tensor({1.5e308, -1.5e308}, DType::f64), 1, INFINITY, {half, -half}},  // its norm is beyond a double
        {tensor({3e300, 4e300}, DType::f64), 1e-300, 5e300, {0.6e-300, 0.8e-300}},
        {tensor({1e-200, 1e-200}, DType::f64), 1, 1e-200 / half, {1e-200, 1e-200}},
        {tensor({3e-200, 4e-200}, DType::f64), 1e-210, 5e-200, {0.6e-210, 0.8e-210}},
        {tensor({9e37, 0}), 1, 9e37, {1, 0}},
        {tensor({3e38, -3e38}), 1, 3e38 / half, {half, -half}},
        {tensor({3e37, 4e37}), 1e-10, 5e37, {0.6e-10, 0.8e-10}},
        {tensor({3e-30, 4e-30}), 1, 5e-30, {3e-30, 4e-30}},
        {tensor({3e-30, 4e-30}), 1e-33, 5e-30, {0.6e-33, 0.8e-33}},
    };
    for (const Case& c : cases) {
        INFO(c.gradient << " to " << c.max_norm);
        const std::vector<Tensor> parameters{with_gradient(c.gradient.clone())};
        const double norm = nn::clip_grad_norm(parameters, c.max_norm);
        if (std::isinf(c.norm))
            CHECK(std::isinf(norm));
        else
            CHECK(norm / c.norm == Approx(1));
        check_close(parameters[0].grad(), tensor(c.after, {2}, DType::f64), 2e-6, 0);
    }
    // Jointly over tensors of both types and sizes.
    const std::vector<Tensor> both{with_gradient(tensor({3e37})), with_gradient(tensor({4e37}, DType::f64))};
    CHECK(nn::clip_grad_norm(both, 1.0) == Approx(5e37));
    CHECK(both[0].grad().item() == Approx(0.6));
    CHECK(both[1].grad().item() == Approx(0.8));
}

TEST_CASE("values are limited one by one") {
    const std::vector<Tensor> parameters{with_gradient(tensor({-3, -0.5, 0, 0.5, 3, INFINITY}))};
    nn::clip_grad_value(parameters, 1.0);
    CHECK(parameters[0].grad().to_vector() == std::vector<double>{-1, -0.5, 0, 0.5, 1, 1});
    const std::vector<Tensor> nan{with_gradient(tensor({NAN}))};
    nn::clip_grad_value(nan, 1.0);
    CHECK(std::isnan(nan[0].grad().item()));
}

TEST_CASE("limits of 0 or less are refused") {
    CHECK_THROWS_WITH(nn::clip_grad_norm({}, 0.0), Catch::Matchers::Equals("[clip_grad_norm] expected a norm above 0, got 0"));
    CHECK_THROWS_WITH(nn::clip_grad_value({}, -1.0), Catch::Matchers::Equals("[clip_grad_value] expected a limit above 0, got -1"));
}
