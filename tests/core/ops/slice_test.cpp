#include "support/golden_ops.h"
#include "support/sample.h"

#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

std::vector<double> sliced(std::int64_t begin, std::int64_t end, std::int64_t step = 1) { return slice(arange(7), 0, begin, end, step).to_vector(); }

}  // namespace

TEST_CASE("slice reads positions as Python does") {
    CHECK(sliced(2, 5) == std::vector<double>{2, 3, 4});
    CHECK(sliced(-3, 7) == std::vector<double>{4, 5, 6});
    CHECK(sliced(0, -5) == std::vector<double>{0, 1});
    CHECK(sliced(0, 7, 3) == std::vector<double>{0, 3, 6});
    CHECK(sliced(1, 6, 3) == std::vector<double>{1, 4});
    CHECK(sliced(1, 7, 9) == std::vector<double>{1});
    CHECK(sliced(-99, 99).size() == 7);
    CHECK(sliced(5, 2).empty());
    CHECK(sliced(9, 12).empty());
}

TEST_CASE("slice cuts an inner dimension") {
    const Tensor x = reshape(arange(24), {2, 4, 3});
    CHECK(slice(x, 1, 1, 4, 2).to_vector() == std::vector<double>{3, 4, 5, 9, 10, 11, 15, 16, 17, 21, 22, 23});
    CHECK(slice(x, -1, 0, 3, 2).shape() == Shape{2, 4, 2});
    CHECK(slice(zeros({0, 3}), 1, 0, 2).shape() == Shape{0, 2});
}

TEST_CASE("slice and select explain what they cannot do") {
    CHECK_THROWS_WITH(slice(arange(3), 0, 0, 3, 0), "[slice] expected a step of at least 1, got 0; use flip() to reverse");
    CHECK_THROWS_WITH(slice(scalar(1), 0, 0, 1), "[slice] expected at least one dimension, got a scalar");
    CHECK_THROWS_AS(slice(arange(3), 1, 0, 1), ShapeError);
    CHECK_THROWS_AS(select(arange(3), 0, -4), IndexError);
    CHECK_THROWS_WITH(select(zeros({2, 3}), 1, 3), "[select] expected an index from -3 to 2 along dimension 1 of shape [2, 3], got 3");
}

TEST_CASE("select drops its dimension") {
    const Tensor x = reshape(arange(6), {2, 3});
    CHECK(select(x, 1, -1).to_vector() == std::vector<double>{2, 5});
    CHECK(select(x, 0, 1).shape() == Shape{3});
    CHECK(select(arange(3), 0, 2).shape() == Shape{});
}

TEST_CASE("pad surrounds the last dimensions, and crops where negative") {
    const Tensor x = reshape(arange(4, DType::f32), {2, 2});
    CHECK(pad(x, {{1, 0}, {0, 1}}, 9).to_vector() == std::vector<double>{9, 9, 9, 0, 1, 9, 2, 3, 9});
    CHECK(pad(x, {{-1, 2}}).to_vector() == std::vector<double>{1, 0, 0, 3, 0, 0});
    CHECK(pad(x, {{-2, 1}, {0, 0}}, 7).to_vector() == std::vector<double>{7, 7});
    CHECK(pad(zeros({0, 1}), {{1, 0}, {0, 0}}, 5).to_vector() == std::vector<double>{5});
    CHECK_THROWS_WITH(pad(x, {{-2, -1}}), "[pad] expected to crop at most all 2 elements of dimension 1, got (-2, -1)");
    CHECK_THROWS_WITH(pad(arange(2), {{0, 0}, {1, 1}}), "[pad] expected amounts for at most 1 dimensions, got 2");
}

TEST_CASE("pad and its gradient agree with PyTorch") {
    for (const GoldenOp& golden : golden_ops("pad_constant")) {
        const auto amounts = golden.options.at("pads").get<std::vector<std::pair<std::int64_t, std::int64_t>>>();
        check_golden(golden, [&](const std::vector<Tensor>& in) { return pad(in[0], amounts, golden.options.at("value").get<double>()); });
    }
}

TEST_CASE("slices, at any step, and padding pass derivatives of second order") {
    const Tensor x = reshape(arange(30, DType::f64), {2, 5, 3}) * 0.17 - 1.9;
    check_derivatives(
        2, [](const Tensor& v) { return cubed(slice(v, 1, 1, 4)); }, x);
    check_derivatives(
        2, [](const Tensor& v) { return cubed(slice(slice(v, 1, 0, 5, 3), -1, 1, 3, 2)); }, x);
    check_derivatives(
        2, [](const Tensor& v) { return cubed(select(v, 2, -1)); }, x);
    check_derivatives(
        2,
        [](const Tensor& v) {
            return cubed(pad(v, {{1, 0}, {-2, 1}, {2, -1}}, 0.5));
        },
        x);
}
