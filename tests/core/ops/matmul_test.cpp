#include "support/close.h"
#include "support/threads.h"

#include <knoll/core/autograd.h>
#include <knoll/core/gradcheck.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/matmul.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

// The product of two matrices, in double and in three nested loops.
Tensor naive_product(const Tensor& a, const Tensor& b) {
    const std::int64_t m = a.size(0), k = a.size(1), n = b.size(1);
    const auto left = a.to_vector(), right = b.to_vector();
    std::vector<double> out(static_cast<std::size_t>(m * n));
    for (std::int64_t i = 0; i < m; ++i)
        for (std::int64_t j = 0; j < n; ++j)
            for (std::int64_t c = 0; c < k; ++c)
                out[static_cast<std::size_t>(i * n + j)] += left[static_cast<std::size_t>(i * k + c)] * right[static_cast<std::size_t>(c * n + j)];
    return tensor(out, {m, n}, a.dtype());
}

double product_tolerance(DType dtype) { return dtype == DType::f32 ? 2e-4 : 1e-11; }

}  // namespace

TEST_CASE("a product of matrices agrees with three nested loops, whichever operand is stored transposed") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    const auto [m, k, n] =
        GENERATE(table<std::int64_t, std::int64_t, std::int64_t>({{1, 1, 1}, {3, 5, 2}, {1, 7, 4}, {6, 3, 1}, {130, 257, 129}, {2, 3000, 3}}));
    Rng rng{1};
    const Tensor a = randn({m, k}, rng, dtype), b = randn({k, n}, rng, dtype);
    const Tensor expected = naive_product(a, b);
    const Tensor at = transpose(a, 0, 1), bt = transpose(b, 0, 1);
    check_close(matmul(a, b), expected, product_tolerance(dtype), product_tolerance(dtype));
    check_close(matmul(at, b, {.transpose_a = true}), expected, product_tolerance(dtype), product_tolerance(dtype));
    check_close(matmul(a, bt, {.transpose_b = true}), expected, product_tolerance(dtype), product_tolerance(dtype));
    check_close(matmul(at, bt, {.transpose_a = true, .transpose_b = true}), expected, product_tolerance(dtype), product_tolerance(dtype));
}

TEST_CASE("leading dimensions of a product broadcast") {
    Rng rng{2};
    const Tensor a = randn({2, 1, 3, 4}, rng, DType::f64), b = randn({5, 4, 2}, rng, DType::f64);
    const Tensor c = matmul(a, b);
    REQUIRE(c.shape() == Shape{2, 5, 3, 2});
    for (std::int64_t i = 0; i < 2; ++i)
        for (std::int64_t j = 0; j < 5; ++j)
            check_close(select(select(c, 0, i), 0, j), naive_product(select(select(a, 0, i), 0, 0), select(b, 0, j)), 1e-12, 1e-12);
}

TEST_CASE("a vector in a product is a row on the left and a column on the right") {
    const Tensor v = tensor({1, 2, 3}, DType::f64), m = tensor({{1, 0}, {0, 1}, {1, 1}}, DType::f64);
    CHECK(matmul(v, v).shape() == Shape{});
    CHECK(matmul(v, v).item() == 14);
    CHECK(matmul(v, m).to_vector() == std::vector<double>{4, 5});
    CHECK(matmul(m, v, {.transpose_a = true}).to_vector() == std::vector<double>{4, 5});
    CHECK(matmul(stack({m, m}), tensor({1, 2}, DType::f64)).shape() == Shape{2, 3});
    CHECK(matmul(v, stack({m, m})).shape() == Shape{2, 2});
}

TEST_CASE("a product over nothing is zero and a product of nothing is empty") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    CHECK(matmul(zeros({2, 0}, dtype), zeros({0, 3}, dtype)).to_vector() == std::vector<double>(6, 0.0));
    CHECK(matmul(zeros({0, 2}, dtype), zeros({2, 3}, dtype)).shape() == Shape{0, 3});
    CHECK(matmul(zeros({0, 4, 2}, dtype), zeros({2, 3}, dtype)).shape() == Shape{0, 4, 3});
    CHECK(linear(zeros({2, 0}, dtype), zeros({2, 0}, dtype), tensor({1, 2}, dtype)).to_vector() == std::vector<double>{1, 2, 1, 2});
}

TEST_CASE("the derivatives of a product are right to third order for all four pairs of flags") {
    const bool ta = GENERATE(false, true), tb = GENERATE(false, true);
    Rng rng{3};
    const Tensor a = randn(ta ? Shape{2, 4, 3} : Shape{2, 3, 4}, rng, DType::f64), b = randn(tb ? Shape{2, 4} : Shape{4, 2}, rng, DType::f64);
    const auto f = [&](const std::vector<Tensor>& x) { return matmul(x[0], x[1], {.transpose_a = ta, .transpose_b = tb}); };
    const auto result = gradcheck(f, {a, b}, {.order = 3});
    INFO(result.report());
    CHECK(result.ok());
}

TEST_CASE("the derivatives of broadcast products and of vectors are right to second order") {
    Rng rng{4};
    const auto draw = [&](const Shape& shape) { return randn(shape, rng, DType::f64); };
    const auto f = [](const std::vector<Tensor>& x) { return matmul(x[0], x[1]); };
    const std::vector<std::vector<Tensor>> cases{
        {draw({2, 1, 3, 2}), draw({3, 2, 2})}, {draw({3}), draw({3})}, {draw({3}), draw({2, 3, 2})}, {draw({2, 2, 3}), draw({3})}};
    for (const auto& inputs : cases) {
        const auto result = gradcheck(f, inputs, {.order = 2});
        INFO(text(inputs[0].shape(), " x ", inputs[1].shape(), ": ", result.report()));
        CHECK(result.ok());
    }
}

TEST_CASE("linear is x times the weight transposed plus the bias, in any rank and to second order") {
    Rng rng{5};
    const Shape shape = GENERATE(Shape{4}, Shape{3, 4}, Shape{2, 3, 4});
    const Tensor x = randn(shape, rng, DType::f64), weight = randn({5, 4}, rng, DType::f64), bias = randn({5}, rng, DType::f64);
    check_close(linear(x, weight, bias), matmul(x, weight, {.transpose_b = true}).detach() + bias, 1e-12, 1e-12);
    check_close(linear(x, weight), matmul(x, transpose(weight, 0, 1)), 1e-12, 1e-12);
    const auto result = gradcheck([](const std::vector<Tensor>& in) { return linear(in[0], in[1], in[2]); }, {x, weight, bias}, {.order = 2});
    INFO(result.report());
    CHECK(result.ok());
}

TEST_CASE("products have the same bits at any number of threads") {
    Rng rng{6};
    const Tensor a = randn({250, 301}, rng), b = randn({301, 270}, rng), batch = randn({9, 31, 57}, rng);
    check_same_bits([&] { return std::vector{matmul(a, b), matmul(batch, batch, {.transpose_b = true}), linear(a, transpose(b, 0, 1))}; });
}

TEST_CASE("products say what does not fit") {
    using Catch::Contains;
    CHECK_THROWS_WITH(matmul(zeros({2, 3}), zeros({4, 5})), Contains("[matmul] expected inner dimensions that agree, got 3 and 4 in [2, 3] x [4, 5]"));
    CHECK_THROWS_WITH(matmul(zeros({2, 3}), zeros({3, 5}), {.transpose_a = true}), Contains("got 2 and 3 in [2, 3] transposed x [3, 5]"));
    CHECK_THROWS_WITH(matmul(zeros({2, 3, 4}), zeros({3, 4, 5})), Contains("[matmul]"));
    CHECK_THROWS_WITH(matmul(zeros({}), zeros({3})), Contains("[matmul] expected vectors or matrices, got shapes [] and [3]; multiply by a scalar with *"));
    CHECK_THROWS_WITH(matmul(zeros({3}), zeros({3, 2}), {.transpose_a = true}), Contains("[matmul] expected a matrix where a transpose is asked for"));
    CHECK_THROWS_AS(matmul(zeros({2, 2}, DType::i64), zeros({2, 2}, DType::i64)), DTypeError);
    CHECK_THROWS_WITH(matmul(zeros({2, 2}, DType::i64), zeros({2, 2}, DType::i64)),
                      Contains("[matmul] expected operands of type f32 or f64, got i64 and i64; convert with"));
    CHECK_THROWS_WITH(matmul(zeros({2, 2}), zeros({2, 2}, DType::f64)), Contains("[matmul] expected operands of one type, got f32 and f64"));
    CHECK_THROWS_WITH(linear(zeros({2, 3}), zeros({4, 2})), Contains("[linear] expected x of shape [.., 2] for a weight of shape [4, 2], got [2, 3]"));
    CHECK_THROWS_WITH(linear(zeros({2, 3}), zeros({3})), Contains("[linear] expected a weight of shape [M, K], got [3]"));
    CHECK_THROWS_WITH(linear(zeros({2, 3}), zeros({4, 3}), zeros({3})), Contains("[linear] expected a bias of shape [4]"));
}
