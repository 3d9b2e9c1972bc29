#include "support/golden_ops.h"
#include "support/numbers.h"
#include "support/sample.h"

#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/order.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;

TEST_CASE("argmax and argmin give the first position, and NaN counts as the extreme") {
    const Tensor x = tensor({{1, 5, 5}, {-2, not_a_number, not_a_number}});
    CHECK(argmax(x, 1).to_vector() == std::vector<double>{1, 1});
    CHECK(argmin(x, 1).to_vector() == std::vector<double>{0, 1});
    CHECK(argmax(x, 0).to_vector() == std::vector<double>{0, 1, 1});
    CHECK(argmax(x, 1, true).shape() == Shape{2, 1});
    CHECK(argmax(x, 1).dtype() == DType::i64);
    CHECK(argmax(scalar(2), 0).item() == 0);
    CHECK(argmax(full({3}, -infinity), 0).item() == 0);
    CHECK(argmin(zeros({0, 2}), 1).shape() == Shape{0});
    CHECK_THROWS_WITH(argmax(zeros({0, 2}), 0), "[argmax] expected at least one element along dimension 0, got shape [0, 2]");
}

TEST_CASE("argmax and argmin without a dimension give the flat index among all elements") {
    const Tensor x = tensor({{1, 5, 5}, {-2, 0, 4}});
    CHECK(argmax(x).item() == 1);
    CHECK(argmin(x).item() == 3);
    CHECK(argmax(x).shape() == Shape{});
    CHECK(argmax(x).dtype() == DType::i64);
    CHECK(argmin(tensor({{1, 2}, {not_a_number, 0}})).item() == 2);
    CHECK(argmax(scalar(2)).item() == 0);
    CHECK_THROWS_WITH(argmax(zeros({0, 2})), "[argmax] expected at least one element, got shape [0, 2]");
}

TEST_CASE("sort is stable both ways and puts NaN at the large end") {
    const Tensor x = tensor({2, not_a_number, 1, 2, -infinity, not_a_number, 1});
    const Sorted up = sort(x);
    CHECK(up.indices.to_vector() == std::vector<double>{4, 2, 6, 0, 3, 1, 5});
    CHECK(slice(up.values, 0, 0, 5).to_vector() == std::vector<double>{-infinity, 1, 1, 2, 2});
    CHECK(sort(x, 0, true).indices.to_vector() == std::vector<double>{1, 5, 0, 3, 2, 6, 4});
}

TEST_CASE("sort works along an inner dimension, on integers, empties and scalars") {
    const Tensor x = tensor({{3, 1}, {2, 9}, {5, 4}}, DType::i64);
    CHECK(sort(x, 0).values.to_vector() == std::vector<double>{2, 1, 3, 4, 5, 9});
    CHECK(sort(x, 0).indices.to_vector() == std::vector<double>{1, 0, 0, 2, 2, 1});
    CHECK(sort(zeros({2, 0})).values.shape() == Shape{2, 0});
    CHECK(sort(scalar(4)).values.item() == 4);
}

TEST_CASE("topk is the front of a sort") {
    const Tensor x = sample({3, 50, 2}, DType::f32);
    for (const bool largest : {true, false})
        for (const std::int64_t count : {0, 1, 7, 50}) {
            const Sorted best = topk(x, count, 1, largest), all = sort(x, 1, largest);
            CHECK(best.values.to_vector() == slice(all.values, 1, 0, count).to_vector());
            CHECK(best.indices.to_vector() == slice(all.indices, 1, 0, count).to_vector());
        }
    CHECK_THROWS_WITH(topk(x, 3, 2), "[topk] expected a count from 0 to 2, the extent of dimension 2, got 3");
    CHECK_THROWS_AS(topk(x, -1), ValueError);
    CHECK(topk(scalar(4), 1).values.item() == 4);
    CHECK_THROWS_WITH(topk(scalar(4), 0), "[topk] expected a count from 1 to 1, the extent of dimension 0, got 0");
    CHECK(topk(x, 0, 2).values.numel() == 0);
}

TEST_CASE("equal elements come in the order of their positions") {
    CHECK(topk(tensor({1, 7, 7, 7, 0}), 2).indices.to_vector() == std::vector<double>{1, 2});
    CHECK(topk(tensor({1, 0, 7, 0, 0}), 2, 0, false).indices.to_vector() == std::vector<double>{1, 3});
}

TEST_CASE("cumsum runs along any dimension") {
    const Tensor x = reshape(arange(6), {2, 3});
    CHECK(cumsum(x, 0).to_vector() == std::vector<double>{0, 1, 2, 3, 5, 7});
    CHECK(cumsum(x, -1).to_vector() == std::vector<double>{0, 1, 3, 3, 7, 12});
    CHECK(cumsum(full({3}, 200, DType::u8), 0).to_vector() == std::vector<double>{200, 400, 600});
    CHECK(cumsum(scalar(2), 0).item() == 2);
    CHECK(cumsum(zeros({0, 2}), 0).shape() == Shape{0, 2});
    const Tensor wide = ones({3, 200});
    CHECK(sum(cumsum(wide, 0)).item() == 1200);
}

TEST_CASE("a float running sum keeps its digits over a million elements") {
    const Tensor sums = cumsum(full({1'000'000}, 0.1), 0);
    CHECK(sums.at<float>(999'999) == Approx(static_cast<double>(0.1F) * 1e6).epsilon(1e-7));
}

TEST_CASE("cumsum agrees with PyTorch") {
    for (const GoldenOp& golden : golden_ops("cumsum"))
        check_golden(golden, [&](const std::vector<Tensor>& in) { return cumsum(in[0], golden.options.at("dim").get<std::int64_t>()); });
}

TEST_CASE("sorted values and running sums pass derivatives of second order") {
    const Tensor x = sample({2, 5, 2});
    check_derivatives(
        2, [](const Tensor& v) { return cubed(sort(v, 1).values); }, x);
    check_derivatives(
        2, [](const Tensor& v) { return cubed(topk(v, 2, 1, false).values); }, x);
    check_derivatives(
        2, [](const Tensor& v) { return cubed(cumsum(v, 1)); }, x);
}
