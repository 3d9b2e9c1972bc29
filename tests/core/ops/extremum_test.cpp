#include "support/numbers.h"
#include "support/sample.h"

#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;

TEST_CASE("max and min find the extremes of any dimensions") {
    const Tensor x = tensor({{3, -1, 2}, {-5, 4, 0}});
    CHECK(max(x).item() == 4);
    CHECK(min(x).item() == -5);
    CHECK(max(x, 0).to_vector() == std::vector<double>{3, 4, 2});
    CHECK(min(x, -1, true).to_vector() == std::vector<double>{-1, -5});
    CHECK(min(x, -1, true).shape() == Shape{2, 1});
    CHECK(max(scalar(2)).item() == 2);
    CHECK(max(tensor({-infinity, -infinity})).item() == -infinity);
    CHECK(min(full({3}, 255, DType::u8)).item() == 255);
    CHECK(max(tensor({-7, -9}, DType::i64)).item() == -7);
    CHECK(max(zeros({0, 3}), 1).shape() == Shape{0});
}

TEST_CASE("max over many chunks of rows and columns finds the one that stands out") {
    for (const DType dtype : {DType::f32, DType::f64}) {
        Tensor x = sample({70000, 3}, dtype);
        visit_floating("test", dtype, [&](auto zero) { x.mutable_data<decltype(zero)>()[69998 * 3 + 1] = 2; });
        CHECK(max(x).item() == 2);
        CHECK(max(x, 0).to_vector()[1] == 2);
        CHECK(max(x, 0).to_vector()[0] < 1.0000001);
        CHECK(max(x, {0, 1}).item() == 2);
    }
}

TEST_CASE("NaN wins wherever it stands") {
    for (std::size_t at = 0; at < 11; ++at) {
        std::vector<double> values{0, 5, 1, -infinity, infinity, 2, 3, 4, 5, 6, 7};
        values[at] = not_a_number;
        for (const DType dtype : {DType::f32, DType::f64}) {
            CHECK(std::isnan(max(tensor(values, {11}, dtype)).item()));
            CHECK(std::isnan(min(tensor(values, {11, 1}, dtype), 0).item()));
            CHECK(std::isnan(max(broadcast_to(tensor(values, {11, 1}, dtype), {11, 2}), 0).to_vector()[1]));
        }
    }
}

TEST_CASE("max and min of nothing are explained") {
    CHECK_THROWS_WITH(max(zeros({2, 0}), 1), "[max] expected at least one element to choose from, got shape [2, 0]");
    CHECK_THROWS_WITH(min(zeros({0})), "[min] expected at least one element to choose from, got shape [0]");
}

TEST_CASE("equal elements share the gradient evenly") {
    const Tensor x = tensor({{1, 7, 7, 2}, {0, 0, 0, 0}}, DType::f64).set_requires_grad();
    CHECK(grad(sum(max(x, 1)), x).to_vector() == std::vector<double>{0, 0.5, 0.5, 0, 0.25, 0.25, 0.25, 0.25});
    CHECK(grad(sum(min(x, 1)), x).to_vector() == std::vector<double>{1, 0, 0, 0, 0.25, 0.25, 0.25, 0.25});
}

TEST_CASE("max and min pass derivatives of second order away from ties") {
    const Tensor x = sample({2, 3, 4}, DType::f64);
    const auto f = [](const Tensor& v) {
        const Tensor high = max(v, {0, 2}), low = min(v * v, 1, true);
        return sum(high * high * high) * low;
    };
    check_derivatives(2, f, x);
}
