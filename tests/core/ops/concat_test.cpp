#include "support/sample.h"

#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>

using namespace knoll;

TEST_CASE("concat joins along any dimension, empty parts too") {
    const Tensor a = reshape(arange(4), {2, 2}), b = reshape(arange(2), {2, 1}) + 10 * ones({1}, DType::i64);
    CHECK(concat({a, b, zeros({2, 0}, DType::i64)}, 1).to_vector() == std::vector<double>{0, 1, 10, 2, 3, 11});
    CHECK(concat({a, a}).shape() == Shape{4, 2});
    CHECK(concat({a, a}, -1).to_vector() == std::vector<double>{0, 1, 0, 1, 2, 3, 2, 3});
    CHECK(concat({ones({1}, DType::u8), ones({2}, DType::f64), ones({1})}).dtype() == DType::f64);
}

TEST_CASE("concat and stack explain parts that do not fit") {
    CHECK_THROWS_WITH(concat({}), "[concat] expected at least one tensor, got none");
    CHECK_THROWS_WITH(concat({scalar(1), scalar(2)}), "[concat] expected at least one dimension, got scalars; use stack()");
    CHECK_THROWS_WITH(concat({zeros({2, 3}), zeros({2, 3}), zeros({3, 3})}, 1),
                      "[concat] expected shapes that differ in dimension 1 alone, got [2, 3] for part 0 and [3, 3] for part 2");
    CHECK_THROWS_AS(concat({zeros({2, 3}), zeros({2})}), ShapeError);
    CHECK_THROWS_WITH(stack({zeros({2}), zeros({3})}), "[stack] expected tensors of one shape, got [2] for part 0 and [3] for part 1");
}

TEST_CASE("stack adds a dimension") {
    CHECK(stack({scalar(1), scalar(2)}).to_vector() == std::vector<double>{1, 2});
    CHECK(stack({arange(3), arange(3)}, 1).to_vector() == std::vector<double>{0, 0, 1, 1, 2, 2});
    CHECK(stack({arange(3), arange(3)}, -1).shape() == Shape{3, 2});
}

TEST_CASE("split cuts into equal pieces with a smaller last one, or into given sizes") {
    const Tensor x = reshape(arange(14), {2, 7});
    const auto equal = split(x, 3, 1);
    REQUIRE(equal.size() == 3);
    CHECK(equal[2].to_vector() == std::vector<double>{6, 13});
    const auto given = split(x, std::vector<std::int64_t>{2, 0, 5}, -1);
    REQUIRE(given.size() == 3);
    CHECK(given[1].shape() == Shape{2, 0});
    CHECK(concat(given, 1).to_vector() == x.to_vector());
    CHECK(split(zeros({0, 2}), 4).size() == 1);
}

TEST_CASE("split explains sizes that do not add up") {
    const Tensor x = arange(7);
    CHECK_THROWS_WITH(split(x, 0), "[split] expected a size of at least 1, got 0");
    CHECK_THROWS_WITH(split(x, std::vector<std::int64_t>{3, 5}), "[split] expected sizes that add up to 7, the extent of dimension 0, got 5 where 4 are left");
    CHECK_THROWS_WITH(split(x, std::vector<std::int64_t>{3, 3}), "[split] expected sizes that add up to 7, the extent of dimension 0, got a sum of 6");
    CHECK_THROWS_AS(split(scalar(1), 1), ShapeError);
}

TEST_CASE("joining and cutting pass derivatives of second order") {
    const Tensor a = reshape(arange(6, DType::f64), {2, 3}) * 0.4 - 1.1, b = reshape(tensor({0.3, -0.7}, DType::f64), {2, 1});
    const auto f = [](const std::vector<Tensor>& in) {
        const Tensor y = concat({in[0], in[1], in[0]}, 1);
        const auto pieces = split(stack({y, y * y}, 1), 3, 2);
        return pieces[0] * pieces[1];
    };
    check_derivatives(2, f, {a, b});
}
