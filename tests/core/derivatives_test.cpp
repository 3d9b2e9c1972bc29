#include <knoll/core/autograd.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/matmul.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>

#include "support/close.h"
#include "support/sample.h"

using namespace knoll;
using Catch::Contains;

namespace {

Tensor cube(const Tensor& x) { return x * x * x; }

}  // namespace

TEST_CASE("jvp is the derivative along the tangent") {
    const Tensor x = sample({2, 3}), tangent = sample({6}) + 0.5;
    const Tensor along = reshape(tangent, {2, 3});
    check_close(jvp(cube, x, along), 3.0 * x * x * along, 1e-14, 1e-14);
}

TEST_CASE("jvp of a function to another shape has the output's shape and agrees with the Jacobian") {
    const Tensor weight = sample({4, 3}), x = sample({3}), tangent = sample({3}) * 2.0;
    const auto f = [&](const Tensor& v) { return tanh(matmul(weight, v)); };
    const Tensor product = jvp(f, x, tangent);
    CHECK(product.shape() == Shape{4});
    check_close(product, matmul(jacobian(f, x), tangent), 1e-13, 1e-14);
}

TEST_CASE("hvp is the Hessian times the vector") {
    const Tensor x = sample({4}), vector = sample({4}) * 3.0;
    const auto f = [](const Tensor& v) { return sum(v) * sum(v * v); };
    // H = 2 (1 x^T + x 1^T) + 2 sum(x) I
    const Tensor expected = 2.0 * (sum(x * vector) + x * sum(vector)) + 2.0 * sum(x) * vector;
    check_close(hvp(f, x, vector), expected, 1e-13, 1e-13);
}

TEST_CASE("the Jacobian has the output's dimensions, then the input's") {
    const Tensor x = sample({2, 3});
    const Tensor all = jacobian([](const Tensor& v) { return sum(v * v, 0); }, x);
    REQUIRE(all.shape() == Shape{3, 2, 3});
    for (std::int64_t j = 0; j < 3; ++j)
        for (std::int64_t r = 0; r < 2; ++r)
            for (std::int64_t c = 0; c < 3; ++c) CHECK(all.at<double>(j, r, c) == (j == c ? 2.0 * x.at<double>(r, c) : 0.0));
    const Tensor of_one = jacobian([](const Tensor& v) { return sum(v * v); }, x);
    CHECK(of_one.shape() == Shape{2, 3});
    CHECK(of_one.to_vector() == (2.0 * x).to_vector());
    CHECK(jacobian([](const Tensor& v) { return reshape(sum(v * v), {1}); }, x).to_vector() == (2.0 * x).to_vector());
    CHECK(jacobian([](const Tensor& v) { return reshape(v, {0, 3}); }, zeros({0}, DType::f64)).shape() == Shape{0, 3, 0});
}

TEST_CASE("functions that do not depend on x, or only linearly, have zero derivatives") {
    const Tensor x = sample({3});
    const auto constant = [](const Tensor&) { return ones({2}, DType::f64); };
    CHECK(jvp(constant, x, x).to_vector() == std::vector<double>(2, 0.0));
    CHECK(jacobian(constant, x).to_vector() == std::vector<double>(6, 0.0));
    CHECK(hvp([](const Tensor& v) { return sum(v) * 2.0; }, x, x).to_vector() == std::vector<double>(3, 0.0));
    CHECK(jvp([](const Tensor& v) { return v; }, x, x).to_vector() == x.to_vector());
}

TEST_CASE("derivatives have no graph unless it is asked for, and leave x as it was") {
    const Tensor x = sample({3});
    CHECK_FALSE(jvp(cube, x, x).requires_grad());
    CHECK_FALSE(jacobian(cube, x).requires_grad());
    CHECK_FALSE(x.requires_grad());
    const Tensor leaf = sample({3}).set_requires_grad();
    CHECK_FALSE(hvp([](const Tensor& v) { return sum(cube(v)); }, leaf, x).requires_grad());
    CHECK_FALSE(leaf.grad().defined());
}

TEST_CASE("with create_graph the derivatives can be differentiated by x") {
    const Tensor x = sample({3}).set_requires_grad(), ones3 = ones({3}, DType::f64);
    const DerivativeOptions differentiable{.create_graph = true};
    check_close(grad(sum(jvp(cube, x, ones3, differentiable)), x), 6.0 * x.detach(), 1e-13, 1e-13);
    check_close(grad(sum(jacobian(cube, x, differentiable)), x), 6.0 * x.detach(), 1e-13, 1e-13);
    check_close(grad(sum(hvp([](const Tensor& v) { return sum(cube(v)); }, x, ones3, differentiable)), x), full({3}, 6.0, DType::f64), 1e-13, 1e-13);
}

TEST_CASE("derivatives are found under NoGrad too") {
    const NoGrad no_grad;
    const Tensor x = sample({2});
    check_close(jvp(cube, x, x), 3.0 * x * x * x, 1e-14, 1e-14);
}

TEST_CASE("derivatives are found in f32") {
    const Tensor x = sample({5}, DType::f32);
    const Tensor product = jvp(cube, x, x);
    CHECK(product.dtype() == DType::f32);
    check_close(product, 3.0 * x * x * x, 1e-6, 1e-6);
}

TEST_CASE("directions of another shape, and Hessians of vectors, are refused") {
    const Tensor x = sample({3});
    CHECK_THROWS_WITH(jvp(cube, x, sample({2})), Contains("[jvp] expected a direction of x's shape [3], got [2]"));
    CHECK_THROWS_WITH(hvp(cube, x, x), Contains("[hvp] expected a scalar function, got a result of shape [3]"));
}
