#include "records/expectations.h"

#include <knoll/core/ops/ops.h>

#include <algorithm>

namespace knoll::records {

namespace {

std::size_t wrapped(std::int64_t dim, const Naive& x) { return static_cast<std::size_t>(dim < 0 ? dim + x.rank() : dim); }

Reference gathered(std::int64_t dim) {
    return [=](const std::vector<Naive>& in) {
        return generate(in[1].shape, [&](Index i) {
            const double picked = in[1][i];
            if (!i.empty()) i[wrapped(dim, in[0])] = static_cast<std::int64_t>(picked);
            return in[0][i];
        });
    };
}

Reference scattered(std::int64_t dim) {
    return [=](const std::vector<Naive>& in) {
        Naive result = in[0];
        for_each_index(in[1].shape, [&](const Index& i) {
            Index to = i;
            if (!to.empty()) to[wrapped(dim, in[0])] = static_cast<std::int64_t>(in[1][i]);
            result.values[position(result.shape, to)] += in[2][i];
        });
        return result;
    };
}

Reference slices_selected(std::size_t dim) {
    return [=](const std::vector<Naive>& in) {
        Index shape = in[0].shape;
        shape[dim] = in[1].shape[0];
        return generate(shape, [&](Index i) {
            i[dim] = static_cast<std::int64_t>(in[1].values[static_cast<std::size_t>(i[dim])]);
            return in[0][i];
        });
    };
}

Naive embedded(const std::vector<Naive>& in) {
    Index shape = in[1].shape;
    shape.push_back(in[0].shape[1]);
    return generate(shape, [&](Index i) {
        const std::int64_t column = i.back();
        i.pop_back();
        return in[0][{static_cast<std::int64_t>(in[1][i]), column}];
    });
}

struct Case {
    Shape x, index;
    std::int64_t bound;
};

// Indices of no element are never drawn from a dimension without elements.
Inputs inputs_of_case(const Case& one) { return {apps::normal_input(one.x, 3), apps::index_input(one.index, std::max<std::int64_t>(1, one.bound), 4)}; }

std::vector<Inputs> inputs_of_cases(const std::vector<Case>& cases) {
    std::vector<Inputs> inputs;
    for (const Case& one : cases) inputs.push_back(inputs_of_case(one));
    return inputs;
}

std::vector<Inputs> with_sources(const std::vector<Case>& cases) {
    std::vector<Inputs> inputs;
    for (const Case& one : cases) {
        inputs.push_back(inputs_of_case(one));
        inputs.back().push_back(apps::normal_input(one.index, 5));
    }
    return inputs;
}

std::vector<Case> along_first() {
    return {{{}, {}, 1},         {{1}, {1}, 1},    {{3}, {0}, 3},           {{3, 0}, {5, 0}, 3},
            {{0, 3}, {0, 3}, 0}, {{37}, {61}, 37}, {{17, 37}, {3, 19}, 17}, {{3, 2, 1, 3, 1, 2, 2}, {4, 1, 1, 2, 1, 2, 1}, 3}};
}

std::vector<Case> along_last() {
    return {{{}, {}, 1},
            {{1}, {1}, 1},
            {{3}, {0}, 3},
            {{0, 3}, {0, 5}, 3},
            {{37}, {61}, 37},
            {{17, 37}, {5, 61}, 37},
            {{3, 2, 1, 3, 1, 2, 3}, {2, 1, 1, 3, 1, 1, 5}, 3}};
}

void expect_elements(Expectations& book) {
    book.value("gather", "", gathered(0)).also(inputs_of_cases(along_first()));
    book.value("gather", "last dim", gathered(-1)).also(inputs_of_cases(along_last()));
    book.value("scatter_add", "", scattered(0)).also(with_sources(along_first()));
    book.value("scatter_add", "last dim", scattered(-1)).also(with_sources(along_last()));
    const Tensor integers = apps::index_input({5, 41}, 99), places = apps::index_input({7, 41}, 5);
    book.value_of(
        "gather", "u8, middle dim", {apps::index_input({2, 5, 41}, 99).to(DType::u8), apps::index_input({2, 7, 41}, 5)},
        [](const auto& in) { return gather(in[0], 1, in[1]); }, gathered(1));
    book.value_of(
        "scatter_add", "i64", {integers, places, apps::index_input({7, 41}, 9)}, [](const auto& in) { return scatter_add(in[0], 0, in[1], in[2]); },
        scattered(0));
    book.value_of(
        "scatter_add", "large", {apps::normal_input({301, 131}), apps::index_input({301, 257}, 131), apps::normal_input({301, 257}, 2)},
        [](const auto& in) { return scatter_add(in[0], 1, in[1], in[2]); }, scattered(1));
}

void expect_selections(Expectations& book) {
    book.value("index_select", "", slices_selected(1))
        .also(inputs_of_cases({{{1, 1}, {1}, 1}, {{0, 3}, {2}, 3}, {{2, 3}, {0}, 3}, {{2, 0}, {0}, 0}, {{17, 37}, {61}, 37}, {{1, 3, 1, 3, 1, 2, 2}, {4}, 3}}));
    book.value("index_select", "dim 0", slices_selected(0))
        .also(inputs_of_cases({{{1}, {1}, 1}, {{37}, {61}, 37}, {{3, 0}, {2}, 3}, {{17, 37}, {3}, 17}, {{3, 2, 1, 3, 1, 2, 2}, {4}, 3}}));
    book.value_of(
        "index_select", "i64, large", {apps::index_input({131, 301}, 99), apps::index_input({257}, 131)},
        [](const auto& in) { return index_select(in[0], 0, in[1]); }, slices_selected(0));
    book.value("embedding", "", embedded)
        .also(inputs_of_cases({{{1, 1}, {}, 1}, {{3, 2}, {0}, 3}, {{3, 0}, {4}, 3}, {{37, 17}, {61}, 37}, {{3, 5}, {1, 2, 1, 2, 1, 2, 1}, 3}}));
}

Naive ones_at(const std::vector<Naive>& in) {
    Index shape = in[0].shape;
    shape.push_back(5);
    return generate(shape, [&](Index i) {
        const auto at = static_cast<double>(i.back());
        i.pop_back();
        return in[0][i] == at ? 1.0 : 0.0;
    });
}

void expect_one_hot(Expectations& book) {
    for (const DType dtype : {DType::f32, DType::f64, DType::i64, DType::u8})
        book.value_of(
                "one_hot", to_string(dtype), {apps::index_input({3, 4}, 5)}, [dtype](const auto& in) { return one_hot(in[0], 5, dtype); }, ones_at)
            .also({{apps::index_input({}, 5)}, {apps::index_input({0}, 5)}, {apps::index_input({37}, 5)}, {apps::index_input({1, 2, 1, 3, 1, 2}, 5)}});
}

void refuse_indices(Expectations& book) {
    const Tensor x = apps::normal_input({3, 4});
    const std::vector<std::pair<const char*, std::function<void(const Tensor&)>>> subjects{
        {"gather",
         [x](const Tensor& index) {
             gather(x, 0, reshape(index, {1, 2}));
         }},
        {"scatter_add",
         [x](const Tensor& index) {
             scatter_add(x, 0, reshape(index, {1, 2}), zeros({1, 2}, DType::f64));
         }},
        {"index_select", [x](const Tensor& index) { index_select(x, 0, index); }},
        {"embedding",
         [x](const Tensor& index) {
             embedding(x, reshape(index, {1, 2}));
         }},
        {"one_hot",
         [](const Tensor& index) {
             one_hot(reshape(index, {1, 2}), 3);
         }},
    };
    for (const auto& [name, f] : subjects) {
        const std::string place = std::string(name) == "index_select" ? "[1]" : "[0, 1]", op = std::string("[") + name + "] expected indices ";
        for (const std::int64_t bad : {3, -1})
            book.refuse(
                name,
                [f = f, bad] {
                    f(tensor({0.0, static_cast<double>(bad)}, DType::i64));
                },
                text(op, "from 0 to 2, got ", bad, " at position ", place));
        for (const DType dtype : {DType::f32, DType::u8})
            book.refuse(
                name, [f = f, dtype] { f(zeros({2}, dtype)); }, text(op, "of type i64, got ", dtype, "; convert with .to(DType::i64)"));
    }
    book.refuse(
        "index_select",
        [] {
            index_select(zeros({2, 0}), 1, zeros({3}, DType::i64));
        },
        "[index_select] expected no indices into a dimension without elements, got 0 at position [0]");
}

void refuse_indexed_dimensions(Expectations& book) {
    const Tensor x = apps::normal_input({3, 4}), index = zeros({1, 1}, DType::i64), source = zeros({1, 1}, DType::f64);
    const std::string text = "expected a dimension from -2 to 1 for a tensor of rank 2, got ";
    book.refuse(
        "gather", [=] { gather(x, 2, index); }, "[gather] " + text + "2");
    book.refuse(
        "scatter_add", [=] { scatter_add(x, -3, index, source); }, "[scatter_add] " + text + "-3");
    book.refuse(
        "index_select", [=] { index_select(x, 2, flatten(index)); }, "[index_select] " + text + "2");
}

void refuse_shapes_of_indices(Expectations& book) {
    const Tensor x = apps::normal_input({3, 4}), wide = zeros({2, 5}, DType::i64), vector = zeros({2}, DType::i64);
    const std::string extents = "expected an index of rank 2 with no larger extents than [3, 4] except in dimension 0, got ";
    book.refuse(
        "gather", [=] { gather(x, 0, wide); }, "[gather] " + extents + "[2, 5]");
    book.refuse(
        "gather", [=] { gather(x, 0, vector); }, "[gather] " + extents + "[2]");
    book.refuse(
        "scatter_add",
        [=] {
            scatter_add(x, 0, wide, zeros({2, 5}, DType::f64));
        },
        "[scatter_add] " + extents + "[2, 5]");
    book.refuse(
        "scatter_add",
        [=] {
            scatter_add(x, 1, wide, zeros({2, 4}, DType::f64));
        },
        "[scatter_add] expected a source of the index's shape [2, 5], got [2, 4]");
    book.refuse(
        "scatter_add",
        [=] {
            scatter_add(wide, 1, wide, zeros({2, 5}, DType::f64));
        },
        "[scatter_add] expected a source of integers for a tensor of i64, got f64; convert the tensor with .to(DType::f64)");
    const std::string selection = "[index_select] expected a tensor of rank 1 or more and a vector of indices, got shapes ";
    book.refuse(
        "index_select", [=] { index_select(x, 0, wide); }, selection + "[3, 4] and [2, 5]");
    book.refuse(
        "index_select", [=] { index_select(sum(x), 0, vector); }, selection + "[] and [2]");
    book.refuse(
        "embedding", [=] { embedding(flatten(x), vector); }, "[embedding] expected a weight of rank 2, one row per index, got shape [12]");
    book.refuse(
        "one_hot", [=] { one_hot(vector, 0); }, "[one_hot] expected at least one class, got 0");
}

}  // namespace

void expect_indices(Expectations& book) {
    expect_elements(book);
    expect_selections(book);
    expect_one_hot(book);
    refuse_indices(book);
    refuse_indexed_dimensions(book);
    refuse_shapes_of_indices(book);
}

}  // namespace knoll::records
