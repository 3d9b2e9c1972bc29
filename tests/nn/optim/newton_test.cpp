#include <knoll/nn/optim/newton.h>
#include "support/close.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

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
