#include "support/golden_ops.h"
#include "support/sample.h"
#include "support/threads.h"

#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/index.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

Tensor indices(const std::vector<double>& values, const Shape& shape) { return tensor(values, shape, DType::i64); }

}  // namespace

TEST_CASE("gather picks along a dimension and leaves out what the index does not reach") {
    const Tensor x = reshape(arange(12), {3, 4});
    CHECK(gather(x, 1, indices({3, 0}, {2, 1})).to_vector() == std::vector<double>{3, 4});
    CHECK(gather(x, 0, indices({2, 0, 1}, {1, 3})).to_vector() == std::vector<double>{8, 1, 6});
    CHECK(gather(x, -1, indices({}, {0, 2})).shape() == Shape{0, 2});
    CHECK(gather(scalar(5), 0, indices({0}, {})).item() == 5);
}

TEST_CASE("gather in the middle of four dimensions equals the naive loop") {
    const Tensor x = sample({2, 3, 4, 5});
    const Tensor index = indices({0, 2, 1, 1, 2, 0, 0, 0, 1, 2, 2, 1}, {1, 2, 3, 2});
    const Tensor out = gather(x, 1, index);
    for (int j = 0; j < 2; ++j)
        for (int k = 0; k < 3; ++k)
            for (int l = 0; l < 2; ++l) CHECK(out.at<double>(0, j, k, l) == x.at<double>(0, index.at<std::int64_t>(0, j, k, l), k, l));
}

TEST_CASE("scatter_add adds up what meets in one place") {
    const Tensor out = scatter_add(ones({2, 3}), 1, indices({2, 2, 0, 2}, {1, 4}), tensor({{1, 10, 100, 1000}}));
    CHECK(out.to_vector() == std::vector<double>{101, 1, 1012, 1, 1, 1});
    CHECK(scatter_add(scalar(1), 0, indices({0}, {}), scalar(4)).item() == 5);
}

TEST_CASE("scatter_add and the gradient of embedding have the same bits at any number of threads") {
    const Tensor source = sample({2000, 300}, DType::f32);
    std::vector<double> rows(2000);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<double>(i * i % 7);
    const Tensor row_index = indices(rows, {2000});
    const Tensor index = broadcast_to(reshape(row_index, {2000, 1}), {2000, 300});
    const auto gradient_of_embedding = [&] {
        const Tensor weight = zeros({7, 300}).set_requires_grad();
        return grad(embedding(weight, row_index), weight, {.grad_outputs = {source}});
    };
    check_same_bits([&] { return std::vector<Tensor>{scatter_add(zeros({7, 300}), 0, index, source), gradient_of_embedding()}; });
    CHECK(gradient_of_embedding().to_vector() == scatter_add(zeros({7, 300}), 0, index, source).to_vector());
}

TEST_CASE("index_select picks slices, repeated ones too") {
    const Tensor x = reshape(arange(12), {2, 3, 2});
    CHECK(index_select(x, 1, indices({2, 0, 2}, {3})).to_vector() == std::vector<double>{4, 5, 0, 1, 4, 5, 10, 11, 6, 7, 10, 11});
    CHECK(index_select(x, 0, indices({}, {0})).shape() == Shape{0, 3, 2});
}

TEST_CASE("one_hot adds a dimension of classes") {
    CHECK(one_hot(indices({1, 0}, {2}), 3).to_vector() == std::vector<double>{0, 1, 0, 1, 0, 0});
    CHECK(one_hot(indices({2}, {}), 3, DType::u8).shape() == Shape{3});
    CHECK(one_hot(indices({2, 1}, {2, 1}), 3, DType::f64).shape() == Shape{2, 1, 3});
}

TEST_CASE("an index out of range is named with its position") {
    const Tensor x = zeros({3, 4});
    CHECK_THROWS_AS(gather(x, 1, indices({0, 4}, {1, 2})), IndexError);
    CHECK_THROWS_WITH(gather(x, 1, indices({0, 1, 2, 4}, {2, 2})), "[gather] expected indices from 0 to 3, got 4 at position [1, 1]");
    CHECK_THROWS_WITH(scatter_add(x, 0, indices({-1}, {1, 1}), zeros({1, 1})), "[scatter_add] expected indices from 0 to 2, got -1 at position [0, 0]");
    CHECK_THROWS_WITH(index_select(x, 0, indices({0, 3}, {2})), "[index_select] expected indices from 0 to 2, got 3 at position [1]");
    CHECK_THROWS_WITH(one_hot(indices({5}, {}), 5), "[one_hot] expected indices from 0 to 4, got 5 at position []");
    CHECK_THROWS_WITH(embedding(x, indices({0, 7}, {2, 1})), "[embedding] expected indices from 0 to 2, got 7 at position [1, 0]");
}

TEST_CASE("ops with an index explain wrong types and shapes") {
    const Tensor x = zeros({3, 4});
    CHECK_THROWS_WITH(gather(x, 1, zeros({3, 1})), "[gather] expected indices of type i64, got f32; convert with .to(DType::i64)");
    CHECK_THROWS_WITH(gather(x, 1, indices({0, 0, 0, 0}, {4, 1})),
                      "[gather] expected an index of rank 2 with no larger extents than [3, 4] except in dimension 1, got [4, 1]");
    CHECK_THROWS_AS(gather(x, 1, indices({0}, {1})), ShapeError);
    CHECK_THROWS_WITH(scatter_add(x, 1, indices({0}, {1, 1}), zeros({1, 2})), "[scatter_add] expected a source of the index's shape [1, 1], got [1, 2]");
    CHECK_THROWS_WITH(index_select(x, 0, indices({0}, {1, 1})),
                      "[index_select] expected a tensor of rank 1 or more and a vector of indices, got shapes [3, 4] and [1, 1]");
    CHECK_THROWS_WITH(embedding(zeros({3}), indices({0}, {1})), "[embedding] expected a weight of rank 2, one row per index, got shape [3]");
}

TEST_CASE("gather, scatter_add and embedding agree with PyTorch") {
    for (const GoldenOp& golden : golden_ops("gather"))
        check_golden(golden, [&](const std::vector<Tensor>& in) { return gather(in[0], golden.options.at("dim").get<std::int64_t>(), in[1]); });
    for (const GoldenOp& golden : golden_ops("scatter_add"))
        check_golden(golden, [&](const std::vector<Tensor>& in) { return scatter_add(in[0], golden.options.at("dim").get<std::int64_t>(), in[1], in[2]); });
    for (const GoldenOp& golden : golden_ops("embedding"))
        if (golden.options.at("padding_idx").is_null()) check_golden(golden, [](const std::vector<Tensor>& in) { return embedding(in[0], in[1]); });
}

TEST_CASE("ops with an index pass derivatives of second order") {
    const Tensor x = sample({3, 4}), source = sample({2, 3}), index = indices({0, 3, 3, 1, 1, 2}, {2, 3});
    check_derivatives(2, [&](const std::vector<Tensor>& in) { return cubed(gather(in[0], 1, index)); }, {x});
    check_derivatives(2, [&](const std::vector<Tensor>& in) { return cubed(scatter_add(in[0], 1, index, in[1])); }, {x, source});
    check_derivatives(2, [&](const std::vector<Tensor>& in) { return cubed(index_select(in[0], 1, indices({1, 1, 3}, {3}))); }, {x});
    check_derivatives(2, [&](const std::vector<Tensor>& in) { return cubed(embedding(in[0], indices({2, 0, 2, 2}, {2, 2}))); }, {x});
}
