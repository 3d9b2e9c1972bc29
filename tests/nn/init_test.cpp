#include "support/close.h"

#include <knoll/core/ops/matmul.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/nn/init.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;
namespace init = nn::init;

namespace {

double deviation(const Tensor& t) { return std::sqrt(var(t).item()); }

// With n draws the standard deviation is known to about 1 / sqrt(2 n) of itself; six times that never fails by chance.
double tolerance(const Tensor& t) { return 6.0 / std::sqrt(2.0 * static_cast<double>(t.numel())); }

}  // namespace

TEST_CASE("fans count the window of a convolution") {
    CHECK(init::fan({8, 4}, init::FanMode::fan_in) == 4);
    CHECK(init::fan({8, 4}, init::FanMode::fan_out) == 8);
    CHECK(init::fan({8, 4, 3, 5}, init::FanMode::fan_in) == 60);
    CHECK(init::fan({8, 4, 3, 5}, init::FanMode::fan_out) == 120);
    CHECK_THROWS_WITH(init::fan({8}, init::FanMode::fan_in), Catch::Matchers::Contains("[init] expected a weight of two or more dimensions"));
}

TEST_CASE("Kaiming initialisers have the variance of the paper") {
    Rng rng{3};
    Tensor weight = empty({64, 32, 3, 3}, DType::f64);
    const double expected = std::sqrt(2.0 / (32 * 9));
    init::kaiming_normal_(weight, rng);
    CHECK(deviation(weight) == Approx(expected).epsilon(tolerance(weight)));
    init::kaiming_uniform_(weight, rng);
    CHECK(deviation(weight) == Approx(expected).epsilon(tolerance(weight)));
    CHECK(max(weight).item() <= std::sqrt(3.0) * expected);
    init::kaiming_normal_(weight, rng, {.mode = init::FanMode::fan_out, .negative_slope = 1.0});
    CHECK(deviation(weight) == Approx(std::sqrt(1.0 / (64 * 9))).epsilon(tolerance(weight)));
}

TEST_CASE("Xavier initialisers have the variance of the paper") {
    Rng rng{3};
    Tensor weight = empty({200, 100}, DType::f64);
    const double expected = std::sqrt(2.0 / 300);
    init::xavier_normal_(weight, rng);
    CHECK(deviation(weight) == Approx(expected).epsilon(tolerance(weight)));
    init::xavier_uniform_(weight, rng, 3.0);
    CHECK(deviation(weight) == Approx(3.0 * expected).epsilon(tolerance(weight)));
    CHECK(min(weight).item() >= -3.0 * std::sqrt(3.0) * expected);
}

TEST_CASE("uniform and normal take their limits, mean and deviation") {
    Rng rng{4};
    Tensor t = empty({10000});
    init::uniform_(t, -3.0, -1.0, rng);
    CHECK(min(t).item() >= -3.0);
    CHECK(max(t).item() <= -1.0);
    CHECK(mean(t).item() == Approx(-2.0).margin(0.03));
    init::normal_(t, 5.0, 0.1, rng);
    CHECK(mean(t).item() == Approx(5.0).margin(0.006));
    CHECK(deviation(t) == Approx(0.1).epsilon(tolerance(t)));
}

TEST_CASE("an orthogonal weight has orthonormal rows or columns, times the gain") {
    const Shape shape = GENERATE(Shape{5, 12}, Shape{12, 5}, Shape{7, 7}, Shape{4, 2, 3, 3}, Shape{1, 1});
    Rng rng{5};
    Tensor weight = empty(shape, DType::f64);
    init::orthogonal_(weight, rng, 2.0);
    const Tensor matrix = flatten(weight, 1);
    const bool by_rows = matrix.size(0) <= matrix.size(1);
    const Tensor gram = by_rows ? matmul(matrix, matrix, {.transpose_b = true}) : matmul(matrix, matrix, {.transpose_a = true});
    Tensor expected = eye(gram.size(0), DType::f64);
    expected *= 4.0;
    check_close(gram, expected, 0, 1e-12);
}

TEST_CASE("an orthogonal weight needs two dimensions, and may be empty") {
    Rng rng{7};
    Tensor vector = empty({4}), nothing = empty({0, 3});
    CHECK_THROWS_WITH(init::orthogonal_(vector, rng), "[orthogonal_] expected a weight of two or more dimensions, got shape [4]");
    CHECK_NOTHROW(init::orthogonal_(nothing, rng));
}

TEST_CASE("initialisers fill parameters that require gradients") {
    Rng rng{6};
    Tensor weight = zeros({3, 3}).set_requires_grad();
    init::xavier_normal_(weight, rng);
    CHECK(weight.requires_grad());
    CHECK(deviation(weight.detach()) > 0.0);
}
