#include "support/sample.h"

#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

Tensor six() { return arange(6, DType::f64); }

}  // namespace

TEST_CASE("reshape keeps the elements, finds one extent, and shares the array") {
    const Tensor vector = six();
    const Tensor matrix = reshape(vector, {2, -1});
    CHECK(matrix.shape() == Shape{2, 3});
    CHECK(matrix.to_vector() == vector.to_vector());
    CHECK(matrix.raw_data() == vector.raw_data());
    CHECK(reshape(scalar(7), {1, 1}).shape() == Shape{1, 1});
    CHECK(reshape(zeros({0, 3}), {3, 0, 2}).shape() == Shape{3, 0, 2});
}

TEST_CASE("reshape explains a shape that does not fit") {
    CHECK_THROWS_WITH(reshape(six(), {4, 2}), "[reshape] expected a shape of 6 elements for a tensor of shape [6], got [4, 2]");
    CHECK_THROWS_WITH(reshape(six(), {4, -1}), Catch::Contains("[reshape] expected a shape of 6 elements"));
    CHECK_THROWS_WITH(reshape(six(), {-1, -1}), "[reshape] expected at most one extent of -1, got [-1, -1]");
    CHECK_THROWS_WITH(reshape(six(), {-2, -3}), "[reshape] expected extents from 0, or one of -1, got [-2, -3]");
    CHECK_THROWS_AS(reshape(zeros({0}), {0, -1}), ShapeError);
}

TEST_CASE("flatten merges a range of dimensions") {
    const Tensor x = zeros({2, 3, 4, 5});
    CHECK(flatten(x).shape() == Shape{120});
    CHECK(flatten(x, 1).shape() == Shape{2, 60});
    CHECK(flatten(x, 1, -2).shape() == Shape{2, 12, 5});
    CHECK(flatten(x, 2, 2).shape() == x.shape());
    CHECK(flatten(scalar(1)).shape() == Shape{1});
    CHECK(flatten(zeros({2, 0, 3}), 1).shape() == Shape{2, 0});
    CHECK_THROWS_WITH(flatten(x, 2, 1), "[flatten] expected a first dimension up to the last, got 2 and 1");
}

TEST_CASE("squeeze drops extents of 1 and unsqueeze adds them") {
    const Tensor x = zeros({1, 3, 1, 2});
    CHECK(squeeze(x).shape() == Shape{3, 2});
    CHECK(squeeze(x, -2).shape() == Shape{1, 3, 2});
    CHECK(squeeze(x, {0, 1}).shape() == Shape{3, 1, 2});
    CHECK(squeeze(scalar(1)).shape() == Shape{});
    CHECK(unsqueeze(zeros({3, 2}), 0).shape() == Shape{1, 3, 2});
    CHECK(unsqueeze(zeros({3, 2}), 2).shape() == Shape{3, 2, 1});
    CHECK(unsqueeze(zeros({3, 2}), -1).shape() == Shape{3, 2, 1});
    CHECK(unsqueeze(scalar(1), 0).shape() == Shape{1});
    CHECK_THROWS_WITH(unsqueeze(zeros({3, 2}), 3), "[unsqueeze] expected a dimension from -3 to 2 for a tensor of rank 2, got 3");
    CHECK_THROWS_AS(unsqueeze(zeros({3, 2}), -4), ShapeError);
}

TEST_CASE("reshapes pass derivatives of second order") {
    const auto f = [](const Tensor& x) {
        const Tensor y = unsqueeze(squeeze(flatten(reshape(x, {3, 1, 2}), 0, 1)), 1);
        return y * y * y;
    };
    check_derivatives(2, f, six() - 2.3);
}
