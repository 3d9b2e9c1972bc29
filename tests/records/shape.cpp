#include "records/expectations.h"

#include <knoll/core/ops/ops.h>

#include <algorithm>

namespace knoll::records {

namespace {

// The index counted from the front.
std::size_t wrapped(std::int64_t dim, std::size_t rank) { return static_cast<std::size_t>(dim < 0 ? dim + static_cast<std::int64_t>(rank) : dim); }

// The same elements in another shape, which is made from that of the input.
Reference reshaped(const std::function<Index(const Index&)>& shape) {
    return [=](const std::vector<Naive>& in) { return Naive{shape(in[0].shape), in[0].values}; };
}

Index first_extent_4(const Index& shape) { return {4, count(shape) / 4}; }
Index all_but_first_merged(const Index& shape) { return {shape[0], count(Index(shape.begin() + 1, shape.end()))}; }

Index without_second_one(Index shape) {
    if (shape[1] == 1) shape.erase(shape.begin() + 1);
    return shape;
}

Index without_ones(const Index& shape) {
    Index rest;
    std::copy_if(shape.begin(), shape.end(), std::back_inserter(rest), [](std::int64_t extent) { return extent != 1; });
    return rest;
}

Index with_second_one(Index shape) {
    shape.insert(shape.begin() + 1, 1);
    return shape;
}

Index with_last_one(Index shape) {
    shape.push_back(1);
    return shape;
}

void expect_reshapes(Expectations& book) {
    book.value("reshape", "", reshaped(first_extent_4)).also(inputs_of({{4}, {0}, {37, 4}, {2, 0, 2}, {1, 2, 1, 2, 1, 3, 1}}));
    book.value("flatten", "", reshaped(all_but_first_merged)).also(inputs_of({{1, 1}, {3, 0}, {17, 3}, {0, 3, 2}, {1, 2, 1, 3, 1, 2, 1}}));
    book.value("squeeze", "", reshaped(without_second_one)).also(inputs_of({{3, 1}, {3, 4}, {0, 1}, {1, 0}, {2, 1, 3, 1, 2, 1, 1}}));
    book.value("squeeze", "all", reshaped(without_ones)).also(inputs_of({{}, {1}, {1, 1}, {37}, {1, 0}, {2, 1, 3, 1, 2, 1, 1}}));
    book.value("unsqueeze", "", reshaped(with_second_one)).also(inputs_of({{1}, {0}, {37}, {3, 7}, {2, 1, 3, 1, 2, 1}}));
    book.value("unsqueeze", "at the end", reshaped(with_last_one)).also(inputs_of({{}, {1}, {0}, {37}, {3, 7}, {2, 1, 3, 1, 2, 1}}));
}

// Dimension i of the result is dimension order[i].
Reference permuted(const Index& order) {
    return [=](const std::vector<Naive>& in) {
        Index shape;
        for (const std::int64_t dim : order) shape.push_back(in[0].length(dim));
        return generate(shape, [&](const Index& i) {
            Index from(i.size());
            for (std::size_t d = 0; d < order.size(); ++d) from[wrapped(order[d], order.size())] = i[d];
            return in[0][from];
        });
    };
}

Naive first_and_last_swapped(const std::vector<Naive>& in) {
    Index order(in[0].shape.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
    if (!order.empty()) std::swap(order.front(), order.back());
    return permuted(order)(in);
}

Reference reversed(const Index& dims) {
    return [=](const std::vector<Naive>& in) {
        return generate(in[0].shape, [&](Index i) {
            for (const std::int64_t dim : dims) {
                std::int64_t& at = i[wrapped(dim, i.size())];
                at = in[0].length(dim) - 1 - at;
            }
            return in[0][i];
        });
    };
}

void expect_permutations(Expectations& book) {
    book.value("permute", "", permuted({2, 0, 1})).also(inputs_of({{1, 1, 1}, {0, 3, 2}, {17, 3, 5}, {3, 37, 9}}));
    book.value("permute", "seven dimensions", permuted({6, 1, -2, 0, 3, 2, 4}))
        .also(inputs_of({{1, 1, 1, 1, 1, 1, 1}, {2, 0, 1, 3, 1, 2, 1}, {1, 2, 3, 1, 3, 2, 1}}));
    book.value("transpose", "", first_and_last_swapped).also(inputs_of({{}, {1}, {0}, {37}, {17, 19}, {3, 0, 2}, {2, 3, 1, 2, 1, 1, 3}}));
    book.value("flip", "", reversed({0, 2})).also(inputs_of({{1, 1, 1}, {3, 0, 2}, {17, 3, 5}, {2, 1, 37}, {1, 2, 3, 1, 2, 1, 3}}));
    book.value("flip", "last dim", reversed({-1})).also(inputs_of({{1}, {0}, {37}, {3, 17}, {2, 0, 3}, {1, 2, 3, 1, 2, 1, 3}}));
    book.value_of(
        "permute", "large", {apps::normal_input({37, 41, 19})},
        [](const auto& in) {
            return permute(in[0], {2, 1, 0});
        },
        permuted({2, 1, 0}));
    book.value_of(
        "transpose", "large, i64", {apps::index_input({131, 257}, 99)}, [](const auto& in) { return transpose(in[0], -1, 0); }, permuted({1, 0}));
    book.value_of(
        "transpose", "u8", {apps::index_input({3, 37, 5}, 99).to(DType::u8)}, [](const auto& in) { return transpose(in[0], 0, 1); }, permuted({1, 0, 2}));
    book.value_of(
        "flip", "u8", {apps::index_input({3, 37, 5}, 99).to(DType::u8)},
        [](const auto& in) {
            return flip(in[0], {0, 1});
        },
        reversed({0, 1}));
}

// Parts one behind the other along a dimension.
Reference joined(std::int64_t dim, const std::vector<std::size_t>& parts) {
    return [=](const std::vector<Naive>& in) {
        Index shape = in[parts[0]].shape;
        shape[static_cast<std::size_t>(dim)] = 0;
        for (const std::size_t part : parts) shape[static_cast<std::size_t>(dim)] += in[part].length(dim);
        return generate(shape, [&](Index i) {
            std::int64_t& at = i[static_cast<std::size_t>(dim)];
            std::size_t k = 0;
            for (; at >= in[parts[k]].length(dim); ++k) at -= in[parts[k]].length(dim);
            return in[parts[k]][i];
        });
    };
}

// Two tensors of one shape, told apart by a new dimension.
Reference stacked(std::int64_t dim) {
    return [=](const std::vector<Naive>& in) {
        Index shape = in[0].shape;
        const auto at = static_cast<std::ptrdiff_t>(wrapped(dim, shape.size() + 1));
        shape.insert(shape.begin() + at, 2);
        return generate(shape, [&](Index i) {
            const auto part = static_cast<std::size_t>(i[static_cast<std::size_t>(at)]);
            i.erase(i.begin() + at);
            return in[part][i];
        });
    };
}

void expect_joins(Expectations& book) {
    book.value("concat", "", joined(1, {0, 1}))
        .also(pairs_of({{{1, 1}, {1, 1}},
                        {{2, 0}, {2, 3}},
                        {{0, 1}, {0, 2}},
                        {{3, 17}, {3, 20}},
                        {{3, 5, 7}, {3, 1, 7}},
                        {{1, 2, 1, 3, 1, 2, 1}, {1, 1, 1, 3, 1, 2, 1}}}));
    book.value("concat", "three parts, dim 0", joined(0, {0, 1, 0})).also(pairs_of({{{1}, {1}}, {{0}, {2}}, {{0}, {0}}, {{37}, {3}}, {{2, 17}, {5, 17}}}));
    const std::vector<std::pair<Shape, Shape>> equal{
        {{1}, {1}}, {{0}, {0}}, {{37}, {37}}, {{3, 17}, {3, 17}}, {{2, 0, 3}, {2, 0, 3}}, {{1, 2, 1, 3, 1, 2}, {1, 2, 1, 3, 1, 2}}};
    book.value("stack", "", stacked(1)).also(pairs_of(equal));
    book.value("stack", "at the end", stacked(-1)).also(pairs_of(equal)).also(pairs_of({{{}, {}}}));
    book.value_of(
        "concat", "u8 and i64", {apps::index_input({3, 5}, 9).to(DType::u8), -1 * apps::index_input({3, 4}, 9).to(DType::i64)},
        [](const auto& in) {
            return concat({in[0], in[1]}, -1);
        },
        joined(1, {0, 1}));
}

}  // namespace

void expect_shapes(Expectations& book) {
    expect_reshapes(book);
    expect_permutations(book);
    expect_joins(book);
}

}  // namespace knoll::records
