#include "support/sample.h"

#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>

using namespace knoll;

TEST_CASE("permute puts each dimension where it is asked to") {
    const Tensor x = reshape(arange(24, DType::f32), {2, 3, 4});
    const Tensor y = permute(x, {2, 0, -2});
    REQUIRE(y.shape() == Shape{4, 2, 3});
    for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 3; ++j)
            for (int k = 0; k < 4; ++k) CHECK(y.at<float>(k, i, j) == x.at<float>(i, j, k));
    CHECK(permute(scalar(3), {}).item() == 3);
    CHECK(permute(zeros({2, 0, 3}), {1, 2, 0}).shape() == Shape{0, 3, 2});
}

TEST_CASE("permuting images to channels last and back returns every element") {
    const Tensor x = reshape(arange(3 * 5 * 17 * 19, DType::i64), {3, 5, 17, 19});
    CHECK(permute(permute(x, {0, 2, 3, 1}), {0, 3, 1, 2}).to_vector() == x.to_vector());
}

TEST_CASE("permute works at more than eight dimensions") {
    const Tensor x = reshape(arange(512), {2, 2, 2, 2, 2, 2, 2, 2, 2});
    const Tensor y = permute(x, {8, 7, 6, 5, 4, 3, 2, 1, 0});
    CHECK(y.at<std::int64_t>(1, 0, 0, 0, 0, 0, 0, 1, 0) == 1 + 128);
}

TEST_CASE("permute refuses a wrong order") {
    const Tensor x = zeros({2, 3});
    CHECK_THROWS_WITH(permute(x, {0}), "[permute] expected 2 dimensions for a tensor of shape [2, 3], got [0]");
    CHECK_THROWS_WITH(permute(x, {0, -2}), "[permute] expected each dimension once, got [0, -2]");
    CHECK_THROWS_AS(permute(x, {0, 2}), ShapeError);
}

TEST_CASE("transpose swaps two dimensions") {
    const Tensor x = reshape(arange(6), {1, 2, 3});
    CHECK(transpose(x, -1, 1).shape() == Shape{1, 3, 2});
    CHECK(transpose(x, -1, 1).to_vector() == std::vector<double>{0, 3, 1, 4, 2, 5});
    CHECK(transpose(x, 2, -1).to_vector() == x.to_vector());
}

TEST_CASE("flip reverses the given dimensions and no other") {
    const Tensor x = reshape(arange(6), {2, 3});
    CHECK(flip(x, 0).to_vector() == std::vector<double>{3, 4, 5, 0, 1, 2});
    CHECK(flip(x, -1).to_vector() == std::vector<double>{2, 1, 0, 5, 4, 3});
    CHECK(flip(x, {0, 1}).to_vector() == std::vector<double>{5, 4, 3, 2, 1, 0});
    CHECK(flip(x, {}).to_vector() == x.to_vector());
    CHECK(flip(zeros({0, 2}), 0).numel() == 0);
    CHECK(flip(scalar(2), 0).item() == 2);
}

TEST_CASE("permute and flip pass derivatives of second order") {
    const Tensor x = reshape(arange(12, DType::f64), {2, 3, 2}) * 0.3 - 1.0;
    const auto f = [](const Tensor& v) {
        const Tensor y = flip(permute(v, {1, 2, 0}), {0, 2});
        return y * y * reshape(arange(12, DType::f64), {3, 2, 2}) * y;
    };
    check_derivatives(2, f, x);
}
