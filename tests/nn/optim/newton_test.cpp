#include <knoll/nn/optim/hessian_product.h>
#include <knoll/nn/optim/newton.h>
#include "support/close.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;

TEST_CASE("Newton's method finds the minimum of a quadratic in a few steps, and that of Rosenbrock's valley") {
    const Tensor scale = tensor({1.0, 10.0, 100.0}, DType::f64), target = tensor({1.0, -2.0, 0.5}, DType::f64);
    const auto quadratic =
        nn::minimize_by_newton([&](const Tensor& x) { return sum(scale * square(x - target)); }, zeros({3}, DType::f64), {.tolerance = 1e-10});
    CHECK(quadratic.converged);
    CHECK(quadratic.steps <= 8);
    CHECK(quadratic.products >= 3);
    check_close(quadratic.solution, target, 1e-10, 1e-10);

    const auto rosenbrock = [](const Tensor& x) {
        const Tensor a = select(x, 0, 0), b = select(x, 0, 1);
        return square(1.0 - a) + 100.0 * square(b - square(a));
    };
    const auto valley = nn::minimize_by_newton(rosenbrock, tensor({-1.2, 1.0}, DType::f64), {.tolerance = 1e-9});
    CHECK(valley.converged);
    CHECK(valley.steps < 100);
    check_close(valley.solution, tensor({1.0, 1.0}, DType::f64), 1e-8, 1e-8);
}

TEST_CASE("Newton's method leaves a hill top's neighbourhood downhill, and says where it did not arrive") {
    const auto two_wells = [](const Tensor& x) { return sum(square(square(x) - 1.0)); };  // curvature is negative near 0
    const auto found = nn::minimize_by_newton(two_wells, tensor({0.1, -0.2}, DType::f64), {.tolerance = 1e-10});
    CHECK(found.converged);
    check_close(found.solution, tensor({1.0, -1.0}, DType::f64), 1e-9, 1e-9);
    CHECK_FALSE(nn::minimize_by_newton(two_wells, tensor({0.1, -0.2}, DType::f64), {.max_steps = 1}).converged);
    CHECK(nn::minimize_by_newton(two_wells, ones({2}, DType::f64)).steps == 0);
}

TEST_CASE("Newton's method halves a step that climbs, or that falls by less than its slope promises") {
    // The whole step leads from x to -x^3: beyond 1 it climbs, short of it it hardly falls.
    const auto bowl = [](const Tensor& x) { return sum(sqrt(1.0 + square(x))); };
    for (const double start : {1.00005, 0.99999}) {
        INFO(start);
        const auto found = nn::minimize_by_newton(bowl, tensor({start}, DType::f64), {.max_steps = 1});
        CHECK(std::abs(found.solution.item()) < 0.01);
    }
}

TEST_CASE("Newton's method measures gradients whose squares overflow or vanish") {
    for (const double size : {1e180, 1e-180}) {
        INFO(size);
        const auto bowl = [size](const Tensor& x) { return sum(0.5 * size * square(x - 2.0)); };
        const auto stood = nn::minimize_by_newton(bowl, tensor({3.0, 2.0}, DType::f64), {.tolerance = size / 2, .max_steps = 0});
        CHECK(stood.gradient_norm / size == Approx(1));
        CHECK_FALSE(stood.converged);
        const auto found = nn::minimize_by_newton(bowl, tensor({3.0, 2.0}, DType::f64), {.tolerance = size * 1e-6});
        CHECK(found.converged);
        check_close(found.solution, tensor({2.0, 2.0}, DType::f64), 1e-6, 0);
    }
}

TEST_CASE("a Hessian that is recorded once has the products of one that is recorded anew") {
    Rng rng{6};
    const Tensor x = randn({5}, rng, DType::f64), v = randn({5}, rng, DType::f64);
    const TensorFunction f = [](const Tensor& a) { return sum(exp(a) * select(a, 0, 1)); };
    const nn::HessianProduct hessian{f, x};
    CHECK(hessian.value() == f(x).item());
    for (int again = 0; again < 2; ++again) check_close(hessian(v), hvp(f, x, v), 1e-13, 1e-13);
    const auto none = nn::HessianProduct{[](const Tensor& a) { return sum(2.0 * a); }, x};
    check_close(none.gradient(), full({5}, 2, DType::f64), 0, 0);
    check_close(none(v), zeros({5}, DType::f64), 0, 0);
    CHECK_THROWS_WITH((nn::HessianProduct{[](const Tensor& a) { return a; }, x}),
                      "[HessianProduct] expected a scalar function, got a result of shape [5]; sum() it");
    CHECK_THROWS_WITH(hessian(zeros({4}, DType::f64)), "[HessianProduct] expected a vector of the point's shape [5], got [4]");
}
