// Parts of a tensor, a tensor as part of another, and what is repeated and summed up again.
#include "records/expectations.h"

#include <knoll/core/ops/ops.h>

#include <algorithm>

namespace knoll::records {

namespace {

// The positions that Python's begin:end:step picks from so many.
Index picked(std::int64_t extent, std::int64_t begin, std::int64_t end, std::int64_t step) {
    const auto inside = [extent](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + extent : at, 0, extent); };
    Index positions;
    for (std::int64_t at = inside(begin); at < inside(end); at += step) positions.push_back(at);
    return positions;
}

Reference sliced(std::int64_t dim, std::int64_t begin, std::int64_t end, std::int64_t step) {
    return [=](const std::vector<Naive>& in) {
        const Index positions = picked(in[0].length(dim), begin, end, step);
        Index shape = in[0].shape;
        const auto along = static_cast<std::size_t>(dim < 0 ? dim + in[0].rank() : dim);
        shape[along] = static_cast<std::int64_t>(positions.size());
        return generate(shape, [&](Index i) {
            i[along] = positions[static_cast<std::size_t>(i[along])];
            return in[0][i];
        });
    };
}

Reference selected(std::int64_t dim, std::int64_t index) {
    return [=](const std::vector<Naive>& in) {
        Index shape = in[0].shape;
        const auto along = static_cast<std::ptrdiff_t>(dim < 0 ? dim + in[0].rank() : dim);
        shape.erase(shape.begin() + along);
        return generate(shape, [&](Index i) {
            i.insert(i.begin() + along, index < 0 ? index + in[0].length(dim) : index);
            return in[0][i];
        });
    };
}

// Two parts of at most three elements along dimension 2; the second is as long as the first, or one that is repeated.
Naive product_of_parts(const std::vector<Naive>& in) {
    const bool is_repeated = in[0].length(2) == 4;
    Index shape = in[0].shape;
    shape[2] = 3;
    return generate(shape, [&](const Index& i) {
        Index other = i;
        other[2] = 3 + (is_repeated ? 0 : i[2]);
        return in[0][i] * in[0][other];
    });
}

void expect_slices(Expectations& book) {
    book.value("slice", "every second", sliced(2, 1, 4, 2))
        .also(inputs_of({{1, 1, 2}, {2, 3, 1}, {0, 3, 4}, {2, 2, 0}, {3, 17, 37}, {1, 2, 5, 1, 2, 1, 2}}))
        .may_vanish = true;
    book.value("slice", "counted from the end", sliced(1, -2, -1, 1))
        .also(inputs_of({{1, 2}, {3, 1}, {3, 0}, {3, 17}, {2, 37, 5}, {1, 4, 5, 1, 2, 1, 2}}))
        .may_vanish = true;
    book.value("slice", "beyond both ends", sliced(-1, -100, 100, 3)).also(inputs_of({{1}, {0}, {37}, {3, 17}, {1, 2, 1, 3, 1, 2, 5}}));
    book.value_of(
        "slice", "all", {apps::normal_input({3, 4})}, [](const auto& in) { return slice(in[0], 1, 0, 4); }, sliced(1, 0, 4, 1));
    book.value_of(
        "slice", "end before begin", {apps::normal_input({3, 4})}, [](const auto& in) { return slice(in[0], 1, 3, 1); }, sliced(1, 3, 1, 1));
    book.value_of(
        "slice", "a step beyond the end", {apps::normal_input({5, 4})}, [](const auto& in) { return slice(in[0], 0, 1, 5, std::int64_t{1} << 62); },
        sliced(0, 1, 2, 1));
    book.value_of(
        "slice", "u8", {apps::index_input({37, 5}, 99).to(DType::u8)}, [](const auto& in) { return slice(in[0], 0, 3, -3, 5); }, sliced(0, 3, -3, 5));
    book.value("select", "", selected(1, 2)).also(inputs_of({{1, 3}, {0, 3}, {17, 37}, {2, 3, 0}, {1, 4, 1, 3, 1, 2, 1}}));
    book.value("select", "counted from the end", selected(-1, -2)).also(inputs_of({{2}, {0, 3}, {17, 37}, {2, 1, 1, 3, 1, 2, 3}}));
    book.value("split", "sizes", sliced(1, 1, 3, 1)).also(inputs_of({{1, 3}, {0, 3}, {17, 3}, {2, 3, 0}, {1, 3, 1, 3, 1, 2, 1}}));
    book.value("split", "size 3 of 4", product_of_parts).also(inputs_of({{1, 1, 4}, {0, 3, 4}, {2, 17, 6}, {37, 1, 6}, {1, 2, 4, 1, 1, 2, 1}}));
    book.value_of(
        "split", "a part without elements", {apps::normal_input({3, 0})}, [](const auto& in) { return split(in[0], 2, 1).at(0); }, sliced(1, 0, 0, 1));
    book.value_of(
        "split", "a size beyond the end", {apps::normal_input({3, 4})}, [](const auto& in) { return split(in[0], 100).at(0); }, sliced(0, 0, 3, 1));
}

// Constants around the last dimensions; a negative amount takes elements away.
Reference padded(const std::vector<std::pair<std::int64_t, std::int64_t>>& amounts, double value) {
    return [=](const std::vector<Naive>& in) {
        Index shape = in[0].shape;
        const std::size_t leading = shape.size() - amounts.size();
        for (std::size_t d = 0; d < amounts.size(); ++d) shape[leading + d] += amounts[d].first + amounts[d].second;
        return generate(shape, [&](Index i) {
            bool is_inside = true;
            for (std::size_t d = 0; d < amounts.size(); ++d) {
                i[leading + d] -= amounts[d].first;
                is_inside = is_inside && i[leading + d] >= 0 && i[leading + d] < in[0].shape[leading + d];
            }
            return is_inside ? in[0][i] : value;
        });
    };
}

void expect_padding(Expectations& book) {
    book.value("pad", "", padded({{1, 0}, {2, 1}}, 0.5)).also(inputs_of({{1, 1}, {0, 3}, {3, 0}, {17, 3}, {5, 37}, {1, 2, 1, 3, 1, 2, 1}}));
    book.value("pad", "cropping", padded({{-1, 2}}, 0.0)).also(inputs_of({{1}, {37}, {3, 5}, {0, 2}, {1, 2, 1, 3, 1, 2, 3}})).may_vanish = true;
    book.value("pad", "cropping at both ends", padded({{-1, -1}, {0, -1}}, 0.0))
        .also(inputs_of({{2, 1}, {3, 2}, {17, 37}, {0, 2, 3}, {1, 2, 1, 3, 1, 3, 2}}))
        .may_vanish = true;
    book.value_of(
        "pad", "nothing", {apps::normal_input({3, 4})}, [](const auto& in) { return pad(in[0], {}); }, padded({}, 0.0));
    book.value_of(
        "pad", "i64", {apps::index_input({3, 4}, 9)},
        [](const auto& in) {
            return pad(in[0], {{2, 2}, {0, 5}}, -7.0);
        },
        padded({{2, 2}, {0, 5}}, -7.0));
}

Reference repeated(const Index& shape) {
    return [=](const std::vector<Naive>& in) { return generate(shape, [&](const Index& i) { return in[0][i]; }); };
}

// Every element is added where the smaller shape reads it.
Reference summed(const Index& shape) {
    return [=](const std::vector<Naive>& in) {
        Naive result = generate(shape, [](const Index&) { return 0.0; });
        for_each_index(in[0].shape, [&](const Index& i) {
            Index to(i.end() - static_cast<std::ptrdiff_t>(shape.size()), i.end());
            for (std::size_t d = 0; d < shape.size(); ++d)
                if (shape[d] == 1) to[d] = 0;
            result.values[position(shape, to)] += in[0][i];
        });
        return result;
    };
}

void expect_broadcasts(Expectations& book) {
    book.value("broadcast_to", "", repeated({2, 3, 4})).also(inputs_of({{}, {1}, {4}, {1, 1, 1}, {2, 3, 4}, {2, 1, 4}, {3, 4}}));
    book.value("broadcast_to", "seven dimensions", repeated({2, 1, 3, 1, 2, 1, 2})).also(inputs_of({{}, {2}, {2, 1, 1, 1, 2, 1, 1}, {3, 1, 1, 1, 1}}));
    book.value_of(
        "broadcast_to", "no elements", {apps::normal_input({3, 1})},
        [](const auto& in) {
            return broadcast_to(in[0], {0, 3, 0});
        },
        repeated({0, 3, 0}));
    book.value_of(
        "broadcast_to", "u8", {apps::index_input({3, 1}, 99).to(DType::u8)},
        [](const auto& in) {
            return broadcast_to(in[0], {2, 3, 37});
        },
        repeated({2, 3, 37}));
    book.value("sum_to", "", summed({3, 1})).also(inputs_of({{3, 1}, {1, 3, 1}, {3, 5}, {0, 3, 4}, {3, 0}, {17, 3, 37}, {1, 2, 1, 2, 1, 3, 2}}));
    book.value("sum_to", "a scalar", summed({})).also(inputs_of({{}, {1}, {0}, {37}, {3, 17}, {1, 2, 1, 2, 1, 3, 2}}));
    book.value_of(
        "sum_to", "i64", {apps::index_input({5, 3, 37}, 99)},
        [](const auto& in) {
            return sum_to(in[0], {5, 1, 1});
        },
        summed({5, 1, 1}));
}

}  // namespace

void expect_windows(Expectations& book) {
    expect_slices(book);
    expect_padding(book);
    expect_broadcasts(book);
}

}  // namespace knoll::records
