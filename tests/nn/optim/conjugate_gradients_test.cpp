#include <knoll/nn/optim/conjugate_gradients.h>
#include "support/close.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;

namespace {

Tensor random_positive_definite(std::int64_t size, double least) {
    Rng rng{7};
    const Tensor factor = randn({size, size}, rng, DType::f64);
    return matmul(factor, factor, {.transpose_b = true}) + least * eye(size, DType::f64);
}

TensorFunction product_with_matrix(const Tensor& matrix) {
    return [matrix](const Tensor& v) { return matmul(matrix, v); };
}

}  // namespace

TEST_CASE("conjugate gradients solve a system in at most as many products as it has unknowns, and report what is left") {
    const Tensor a = random_positive_definite(12, 0.5);
    Rng rng{8};
    const Tensor x = randn({12}, rng, DType::f64), b = matmul(a, x);
    const auto found = nn::conjugate_gradients(product_with_matrix(a), b, {.tolerance = 1e-9});
    CHECK(found.converged);
    CHECK(found.iterations <= 14);  // rounding may cost two
    check_close(found.solution, x, 1e-6, 1e-6);
    const Tensor left = b - matmul(a, found.solution);
    CHECK(std::sqrt(sum(left * left).item() / sum(b * b).item()) == Approx(found.residual).margin(1e-12));

    const auto early = nn::conjugate_gradients(product_with_matrix(a), b, {.max_iterations = 3});
    CHECK_FALSE(early.converged);
    CHECK(early.iterations == 3);
    CHECK(early.residual > found.residual);
    // With a tolerance of 0 it goes on as long as it may.
    const auto exact = nn::conjugate_gradients(product_with_matrix(eye(3, DType::f64)), ones({3}, DType::f64), {.tolerance = 0, .max_iterations = 2});
    CHECK(exact.solution.to_vector() == std::vector<double>{1, 1, 1});
    // From near the solution it is not far.
    CHECK(nn::conjugate_gradients(product_with_matrix(a), b, {.tolerance = 1e-6, .start = x}).iterations <= 1);
    CHECK(nn::conjugate_gradients(product_with_matrix(a), zeros({12}, DType::f64)).iterations == 0);
}

TEST_CASE("damping is added to the matrix, and what is not positive definite is refused with the way out") {
    const Tensor a = tensor({{1.0, 0.0}, {0.0, -0.5}}, DType::f64), b = tensor({1.0, 2.0}, DType::f64);
    check_close(nn::conjugate_gradients(product_with_matrix(a), b, {.damping = 1, .tolerance = 1e-12}).solution, tensor({0.5, 4.0}, DType::f64), 1e-10, 1e-10);
    CHECK_THROWS_WITH(nn::conjugate_gradients(product_with_matrix(a), tensor({0.0, 2.0}, DType::f64)),
                      "[conjugate_gradients] expected a positive definite matrix, got curvature -0.5 in iteration 1; raise the damping above 0.5");
    const auto stopped = nn::conjugate_gradients(product_with_matrix(a), tensor({0.0, 2.0}, DType::f64), {.stop_at_negative_curvature = true});
    CHECK_FALSE(stopped.positive_definite);
    CHECK_FALSE(stopped.converged);
    check_close(stopped.solution, zeros({2}, DType::f64), 0, 0);
    CHECK_THROWS_WITH(nn::conjugate_gradients(
                          [](const Tensor& v) {
                              return reshape(v, {1, 2});
                          },
                          b),
                      "[conjugate_gradients] expected a product of b's shape [2], got [1, 2]");
    CHECK_THROWS_WITH(nn::conjugate_gradients([](const Tensor& v) { return v.to(DType::f32); }, b),
                      "[conjugate_gradients] expected a product of b's type f64, got f32");
    CHECK_THROWS_WITH(nn::conjugate_gradients(product_with_matrix(a), zeros({2}, DType::i64)), "[conjugate_gradients] expected b of f32 or f64, got i64");
    CHECK_THROWS_WITH(nn::conjugate_gradients(product_with_matrix(a), b, {.damping = -1}),
                      "[conjugate_gradients] expected damping, tolerance and iterations of at least 0, got -1, 1e-08 and 1000");
    CHECK_THROWS_AS(nn::conjugate_gradients(product_with_matrix(a), b, {.start = zeros({3})}), ShapeError);
}

TEST_CASE("with Hessian-vector products conjugate gradients take Newton's step to the minimum of a quadratic") {
    const Tensor a = random_positive_definite(5, 1.0), target = tensor({1.0, -2.0, 3.0, 0.5, 0.0}, DType::f64);
    const TensorFunction loss = [&](const Tensor& x) { return 0.5 * sum((x - target) * matmul(a, x - target)); };
    const Tensor start = zeros({5}, DType::f64);
    const Tensor x = start.clone().set_requires_grad();
    const auto step = nn::conjugate_gradients([&](const Tensor& v) { return hvp(loss, start, v); }, grad(loss(x), x), {.tolerance = 1e-12});
    check_close(start - step.solution, target, 1e-9, 1e-9);
}

TEST_CASE("conjugate gradients solve for right sides whose squares overflow or vanish, from zeros and from a start") {
    const Tensor a = tensor({{2.0, 0.5}, {0.5, 1.0}}, DType::f64), x = tensor({1.0, -3.0}, DType::f64);
    for (const auto& [dtype, size] :
         std::vector<std::pair<DType, double>>{{DType::f64, 1e200}, {DType::f64, 1e-200}, {DType::f32, 1e25}, {DType::f32, 1e-25}}) {
        INFO(dtype << " of size " << size);
        const Tensor matrix = a.to(dtype), b = matmul(a, x * size).to(dtype);
        const double tolerance = dtype == DType::f32 ? 1e-5 : 1e-12;
        const auto found = nn::conjugate_gradients(product_with_matrix(matrix), b, {.tolerance = tolerance});
        CHECK(found.converged);
        CHECK(found.iterations == 2);
        CHECK(found.residual <= tolerance);
        check_close(found.solution / size, x.to(dtype), 10 * tolerance, 0);
        const auto near = nn::conjugate_gradients(product_with_matrix(matrix), b, {.tolerance = 1e-3, .start = (x * size).to(dtype)});
        CHECK(near.iterations == 0);
        check_close(near.solution / size, x.to(dtype), 10 * tolerance, 0);
    }
    CHECK(nn::conjugate_gradients(product_with_matrix(a), zeros({2}, DType::f64)).solution.to_vector() == std::vector<double>{0, 0});
}
