#include "support/golden_ops.h"
#include "support/sample.h"

#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

Dims golden_dims(const nlohmann::json& options, const char* name) {
    Dims dims;
    if (options.at(name).is_number()) dims.push_back(options.at(name).get<std::int64_t>());
    if (options.at(name).is_array())
        for (const std::int64_t dim : options.at(name)) dims.push_back(dim);
    return dims;
}

}  // namespace

TEST_CASE("sum reduces any dimensions, with or without keeping them") {
    const Tensor x = reshape(arange(24, DType::f64), {2, 3, 4});
    CHECK(sum(x).item() == 276);
    CHECK(sum(x, {0, 2}).to_vector() == std::vector<double>{60, 92, 124});
    CHECK(sum(x, {0, -1}, true).shape() == Shape{1, 3, 1});
    CHECK(sum(x, 1).to_vector() == std::vector<double>{12, 15, 18, 21, 48, 51, 54, 57});
    CHECK(sum(scalar(3), 0).item() == 3);
    CHECK(sum(zeros({0, 2}), 0).to_vector() == std::vector<double>{0, 0});
    CHECK(sum(zeros({0, 2}), 1).shape() == Shape{0});
}

TEST_CASE("the sum of a scalar is a tensor of its own") {
    Tensor x = scalar(3);
    const Tensor total = sum(x);
    x += 1.0;
    CHECK(total.item() == 3);
}

TEST_CASE("integers sum and multiply to i64") {
    CHECK(sum(full({3}, 200, DType::u8)).dtype() == DType::i64);
    CHECK(sum(full({3}, 200, DType::u8)).item() == 600);
    CHECK(prod(full({3}, 200, DType::u8)).item() == 8'000'000);
    CHECK(prod(zeros({0}, DType::i64)).dtype() == DType::i64);
}

TEST_CASE("mean divides by the number of elements reduced") {
    const Tensor x = reshape(arange(24, DType::f32), {2, 3, 4});
    CHECK(mean(x).item() == 11.5);
    CHECK(mean(x, {0, 2}).to_vector() == std::vector<double>{7.5, 11.5, 15.5});
    CHECK(mean(zeros({0, 2}), 1).shape() == Shape{0});
    CHECK_THROWS_WITH(mean(zeros({0, 2}), 0), "[mean] expected at least one element, got shape [0, 2]");
    CHECK_THROWS_WITH(mean(arange(3)), "[mean] expected f32 or f64, got i64; convert with .to(DType::f32)");
}

TEST_CASE("var of float values far from zero keeps its digits") {
    const Tensor x = sample({1000}, DType::f32) + 10000.0;
    const auto values = x.to_vector();
    double mean_of = 0, squares = 0;
    for (const double value : values) mean_of += value / 1000;
    for (const double value : values) squares += (value - mean_of) * (value - mean_of);
    CHECK(var(x).item() == Approx(squares / 999).epsilon(1e-5));
    CHECK(var(x, {}, false, 0).item() == Approx(squares / 1000).epsilon(1e-5));
}

TEST_CASE("var explains too few elements") {
    CHECK(var(scalar(4), {}, false, 0).item() == 0);
    CHECK_THROWS_WITH(var(zeros({3, 1}), 1), Catch::Contains("[var] expected more than 1 elements to reduce, the correction, got 1 from shape [3, 1]"));
    CHECK_THROWS_AS(var(zeros({0}), 0, false, 0), ShapeError);
}

TEST_CASE("var and prod agree with PyTorch, at zeros too") {
    for (const GoldenOp& golden : golden_ops("var"))
        check_golden(golden, [&](const std::vector<Tensor>& in) {
            return var(in[0], golden_dims(golden.options, "dims"), golden.options.at("keepdim").get<bool>(), golden.options.at("unbiased").get<bool>() ? 1 : 0);
        });
    for (const GoldenOp& golden : golden_ops("prod"))
        check_golden(golden,
                     [&](const std::vector<Tensor>& in) { return prod(in[0], golden_dims(golden.options, "dim"), golden.options.at("keepdim").get<bool>()); });
}

TEST_CASE("prod multiplies dimensions that are not neighbours, and an empty product is 1") {
    const Tensor x = sample({2, 3, 5});
    const Tensor out = prod(x, {0, 2});
    for (int j = 0; j < 3; ++j) {
        double expected = 1;
        for (int i = 0; i < 2; ++i)
            for (int k = 0; k < 5; ++k) expected *= x.at<double>(i, j, k);
        CHECK(out.at<double>(j) == Approx(expected));
    }
    CHECK(prod(zeros({2, 0}), 1, true).to_vector() == std::vector<double>{1, 1});
    CHECK(prod(scalar(3)).item() == 3);
    const Tensor nothing = zeros({0}, DType::f64).set_requires_grad();
    CHECK(grad(prod(nothing), nothing).shape() == Shape{0});
}

TEST_CASE("reductions pass derivatives of third order") {
    const Tensor x = sample({2, 3, 2});
    check_derivatives(
        3,
        [](const Tensor& v) {
            return sum(v * v * v, {0, 2});
        },
        x);
    check_derivatives(
        3, [](const Tensor& v) { return mean(v * v * v, 1, true); }, x);
    check_derivatives(
        3,
        [](const Tensor& v) {
            return var(v * v, {0, 2});
        },
        x);
    check_derivatives(
        3,
        [](const Tensor& v) {
            return prod(v, {0, 1});
        },
        x);
}

TEST_CASE("the derivatives of a product are right to third order at one, two and three zeros") {
    check_derivatives(
        3, [](const Tensor& v) { return prod(v, 1); }, tensor({{0, 2, 3, 4, 5}, {0, 2, 0, 4, 5}, {0, 0, 3, 0, 5}}, DType::f64));
}
