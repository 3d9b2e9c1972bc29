#include "records/expectations.h"

#include <knoll/core/ops/ops.h>

#include <algorithm>
#include <cmath>

namespace knoll::records {

namespace {

using Pairs = std::vector<std::pair<Shape, Shape>>;

Index leading(const Index& shape) { return Index(shape.begin(), shape.end() - 2); }

// The index of an element of one matrix of a batch.
Index element(Index batch, std::int64_t row, std::int64_t column) {
    batch.push_back(row);
    batch.push_back(column);
    return batch;
}

Naive matrix_product(const Naive& a, const Naive& b, bool transpose_a, bool transpose_b) {
    const std::int64_t rows = a.length(transpose_a ? -1 : -2), columns = b.length(transpose_b ? -2 : -1), inner = a.length(transpose_a ? -2 : -1);
    Index shape = broadcast(leading(a.shape), leading(b.shape));
    shape.push_back(rows);
    shape.push_back(columns);
    return generate(shape, [&](const Index& i) {
        const std::int64_t row = i[i.size() - 2], column = i.back();
        Index of_a = transpose_a ? element(leading(i), 0, row) : element(leading(i), row, 0);
        Index of_b = transpose_b ? element(leading(i), column, 0) : element(leading(i), 0, column);
        std::int64_t &k_of_a = of_a[i.size() - (transpose_a ? 2 : 1)], &k_of_b = of_b[i.size() - (transpose_b ? 1 : 2)];
        double sum = 0.0;
        for (; k_of_a < inner; ++k_of_a, ++k_of_b) sum += a[of_a] * b[of_b];
        return sum;
    });
}

Reference product(bool transpose_a = false, bool transpose_b = false) {
    return [=](const std::vector<Naive>& in) { return matrix_product(in[0], in[1], transpose_a, transpose_b); };
}

// A vector is a matrix of one row on the left and of one column on the right, which the result has not.
Naive vector_product(const std::vector<Naive>& in) {
    Naive a = in[0], b = in[1];
    if (in[0].rank() == 1) a.shape.insert(a.shape.begin(), 1);
    if (in[1].rank() == 1) b.shape.push_back(1);
    Naive result = matrix_product(a, b, false, false);
    if (in[1].rank() == 1) result.shape.pop_back();
    if (in[0].rank() == 1) result.shape.erase(result.shape.end() - (in[1].rank() == 1 ? 1 : 2));
    return result;
}

void expect_matrices(Expectations& book) {
    book.value("matmul", "", product())
        .also(pairs_of({{{1, 1}, {1, 1}}, {{0, 3}, {3, 2}}, {{2, 0}, {0, 3}}, {{2, 3}, {3, 0}}, {{19, 23}, {23, 17}}, {{1, 37}, {37, 1}}, {{5, 1}, {1, 37}}}));
    book.value("matmul", "a transposed", product(true, false)).also(pairs_of({{{1, 1}, {1, 1}}, {{0, 2}, {0, 3}}, {{23, 19}, {23, 17}}, {{37, 1}, {37, 3}}}));
    book.value("matmul", "b transposed", product(false, true)).also(pairs_of({{{1, 1}, {1, 1}}, {{2, 0}, {3, 0}}, {{19, 23}, {17, 23}}, {{1, 37}, {3, 37}}}));
    book.value("matmul", "both transposed", product(true, true)).also(pairs_of({{{1, 1}, {1, 1}}, {{0, 2}, {3, 0}}, {{23, 19}, {17, 23}}, {{37, 1}, {3, 37}}}));
    const std::vector<std::pair<const char*, MatmulOptions>> options{{"large", {}},
                                                                     {"large, a transposed", {.transpose_a = true}},
                                                                     {"large, b transposed", {.transpose_b = true}},
                                                                     {"large, both transposed", {.transpose_a = true, .transpose_b = true}}};
    for (const auto& [name, option] : options) {
        const Shape a = option.transpose_a ? Shape{131, 67} : Shape{67, 131}, b = option.transpose_b ? Shape{73, 131} : Shape{131, 73};
        book.value_of(
            "matmul", name, {apps::normal_input(a), apps::normal_input(b, 2)}, [option = option](const auto& in) { return matmul(in[0], in[1], option); },
            product(option.transpose_a, option.transpose_b));
    }
}

void expect_batches(Expectations& book) {
    book.value("matmul", "batched", product())
        .also(pairs_of({{{1, 1, 1}, {1, 1, 1}}, {{0, 2, 3}, {0, 3, 2}}, {{3, 19, 23}, {3, 23, 17}}, {{2, 3, 0}, {2, 0, 2}}}));
    book.value("matmul", "batched, broadcast", product())
        .also(pairs_of({{{2, 3}, {2, 3, 2}}, {{0, 2, 3}, {1, 3, 2}}, {{2, 1, 5, 7}, {3, 7, 3}}, {{1, 2, 1, 3, 1, 2, 3}, {2, 1, 2, 1, 2, 3, 1}}}));
    book.value("matmul", "batched, a transposed", product(true, false)).also(pairs_of({{{2, 3, 2}, {2, 3, 1}}, {{2, 23, 5}, {23, 17}}, {{0, 3, 2}, {3, 4}}}));
    book.value("matmul", "batch times one matrix", product())
        .also(pairs_of({{{1, 1, 1}, {1, 1}}, {{0, 2, 3}, {3, 2}}, {{3, 5, 17}, {17, 37}}, {{1, 2, 1, 2, 1, 2, 3}, {3, 2}}}));
    book.value("matmul", "batch times one matrix, transposed", product(false, true)).also(pairs_of({{{2, 2, 0}, {3, 0}}, {{3, 5, 17}, {37, 17}}}));
}

void expect_vectors(Expectations& book) {
    book.value("matmul", "vector times vector", vector_product).also(pairs_of({{{1}, {1}}, {{0}, {0}}, {{37}, {37}}}));
    book.value("matmul", "vector times matrix", vector_product).also(pairs_of({{{1}, {1, 1}}, {{0}, {0, 3}}, {{37}, {37, 17}}, {{3}, {3, 0}}}));
    book.value("matmul", "matrix times vector", vector_product).also(pairs_of({{{1, 1}, {1}}, {{3, 0}, {0}}, {{17, 37}, {37}}, {{0, 3}, {3}}}));
    book.value("matmul", "vector times batch", vector_product).also(pairs_of({{{3}, {0, 3, 2}}, {{17}, {3, 17, 5}}, {{2}, {1, 2, 1, 3, 1, 2, 2}}}));
    book.value("matmul", "batch times vector", vector_product).also(pairs_of({{{0, 2, 3}, {3}}, {{3, 5, 17}, {17}}, {{1, 2, 1, 3, 1, 2, 2}, {2}}}));
}

Naive affine(const std::vector<Naive>& in) {
    Index shape = in[0].shape;
    shape.back() = in[1].shape[0];
    return generate(shape, [&](Index i) {
        const std::int64_t output = i.back();
        double sum = in.size() > 2 ? in[2][{output}] : 0.0;
        for (std::int64_t k = 0; k < in[1].shape[1]; ++k) {
            i.back() = k;
            sum += in[0][i] * in[1][{output, k}];
        }
        return sum;
    });
}

std::vector<Inputs> with_bias(std::vector<Inputs> inputs) {
    for (Inputs& one : inputs) one.push_back(apps::normal_input({one[1].size(0)}, 5));
    return inputs;
}

void expect_linear(Expectations& book) {
    const Pairs shapes{
        {{1}, {1, 1}}, {{3}, {2, 3}}, {{0, 3}, {2, 3}}, {{2, 0}, {3, 0}}, {{2, 3}, {0, 3}}, {{19, 23}, {17, 23}}, {{1, 2, 1, 2, 1, 2, 3}, {5, 3}}};
    book.value("linear", "", affine).also(with_bias(pairs_of(shapes)));
    book.value("linear", "no bias, rank 3", affine).also(pairs_of(shapes));
    book.value_of(
        "linear", "large", with_bias(pairs_of({{{131, 73}, {67, 73}}}))[0], [](const auto& in) { return linear(in[0], in[1], in[2]); }, affine);
}

Reference cosine(std::int64_t dim) {
    return [=](const std::vector<Naive>& in) {
        const Index common = broadcast(in[0].shape, in[1].shape);
        const auto along = static_cast<std::size_t>(dim);
        Index shape = common;
        shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(along));
        return generate(shape, [&](Index i) {
            i.insert(i.begin() + static_cast<std::ptrdiff_t>(along), 0);
            double dot = 0.0, a = 0.0, b = 0.0;
            for (; i[along] < common[along]; ++i[along]) {
                dot += in[0][i] * in[1][i];
                a += in[0][i] * in[0][i];
                b += in[1][i] * in[1][i];
            }
            const double lengths = std::sqrt(a) * std::sqrt(b);
            return dot / (lengths < 1e-8 ? 1e-8 : lengths);
        });
    };
}

Reference length() {
    return [](const std::vector<Naive>& in) {
        double square = 0.0;
        for (const double x : in[0].values) square += x * x;
        return generate({}, [&](const Index&) { return std::sqrt(square); });
    };
}

// Over the outermost and the innermost dimension, which stay with extent 1.
Reference length_of_outer_and_inner() {
    return [](const std::vector<Naive>& in) {
        const Naive& x = in[0];
        return generate({1, x.shape[1], 1}, [&](Index i) {
            double square = 0.0;
            for (i[0] = 0; i[0] < x.shape[0]; ++i[0])
                for (i[2] = 0; i[2] < x.shape[2]; ++i[2]) square += x[i] * x[i];
            return std::sqrt(square);
        });
    };
}

Reference unit_length(std::size_t along) {
    return [=](const std::vector<Naive>& in) {
        const Naive& x = in[0];
        return generate(x.shape, [&](const Index& i) {
            double square = 0.0;
            Index j = i;
            for (j[along] = 0; j[along] < x.shape[along]; ++j[along]) square += x[j] * x[j];
            return x[i] / std::max(std::sqrt(square), 1e-12);
        });
    };
}

double squared_distance(const Naive& a, const Naive& b, const Index& batch, std::int64_t row, std::int64_t other) {
    Index of_a = element(batch, row, 0), of_b = element(batch, other, 0);
    double sum = 0.0;
    for (; of_a.back() < a.length(-1); ++of_a.back(), ++of_b.back()) {
        const double difference = a[of_a] - b[of_b];
        sum += difference * difference;
    }
    return sum;
}

Reference distances(double (*f)(double)) {
    return [=](const std::vector<Naive>& in) {
        Index shape = broadcast(leading(in[0].shape), leading(in[1].shape));
        shape.push_back(in[0].length(-2));
        shape.push_back(in[1].length(-2));
        return generate(shape, [&](const Index& i) { return f(squared_distance(in[0], in[1], leading(i), i[i.size() - 2], i.back())); });
    };
}

double same(double x) { return x; }
double root(double x) { return std::sqrt(x); }

// Cosines of vectors of one element are 1 or -1 whatever that is: gradients vanish.
void expect_similarities(Expectations& book) {
    book.value("vector_norm", "", length())
        .also({{apps::normal_input({})}, {apps::normal_input({1, 1})}, {apps::normal_input({0, 3})}, {apps::normal_input({211, 37})}});
    book.value("vector_norm", "dims 0 and 2, keepdim", length_of_outer_and_inner())
        .also({{apps::normal_input({1, 3, 1})}, {apps::normal_input({2, 0, 3})}, {apps::normal_input({17, 3, 37})}});
    book.value("cosine_similarity", "", cosine(1))
        .also(pairs_of({{{1, 1}, {1, 1}},
                        {{3, 0}, {3, 0}},
                        {{0, 3}, {0, 3}},
                        {{17, 37}, {17, 37}},
                        {{3, 4}, {4}},
                        {{3, 1}, {3, 4}},
                        {{2, 4, 5}, {1, 4, 1}},
                        {{2, 3, 1, 2, 1, 1, 2}, {2, 3, 1, 1, 1, 1, 2}}}))
        .may_vanish = true;
    book.value("cosine_similarity", "dim 0, broadcast", cosine(0)).also(pairs_of({{{3}, {3}}, {{3}, {1}}, {{37, 1}, {1, 5}}})).may_vanish = true;
    // Of one element as well; and an infinite vector has no direction.
    Expectation& rows = book.value("normalize", "", unit_length(1))
                            .also({{apps::normal_input({1, 1})}, {apps::normal_input({0, 3})}, {apps::normal_input({3, 0})}, {apps::normal_input({17, 37})}});
    rows.may_vanish = rows.finite_only = true;
    book.value("normalize", "dim 0", unit_length(0))
        .also({{apps::normal_input({5})}, {apps::normal_input({37, 3})}, {apps::normal_input({2, 3, 1, 2})}})
        .finite_only = true;
    const Pairs shapes{{{1, 1}, {1, 1}},   {{0, 2}, {3, 2}},   {{3, 2}, {0, 2}},          {{3, 0}, {2, 0}},
                       {{17, 5}, {19, 5}}, {{5, 37}, {3, 37}}, {{2, 1, 3, 2}, {3, 2, 2}}, {{1, 2, 1, 2, 1, 3, 2}, {2, 1, 1, 1, 2, 2, 2}}};
    book.value("pairwise_squared_distances", "", distances(same)).also(pairs_of(shapes));
    book.value("pairwise_squared_distances", "batched, broadcast", distances(same));
    book.value("pairwise_distances", "", distances(root)).also(pairs_of(shapes)).may_vanish = true;
    const Inputs large{apps::normal_input({131, 37}), apps::normal_input({67, 37}, 2)}, equal{large[0], large[0]};
    const auto distance = [](const auto& in) { return pairwise_distances(in[0], in[1]); };
    book.value_of("pairwise_distances", "large", large, distance, distances(root));
    book.value_of("pairwise_distances", "of rows from themselves", equal, distance, distances(root));
}

}  // namespace

void expect_products(Expectations& book) {
    expect_matrices(book);
    expect_batches(book);
    expect_vectors(book);
    expect_linear(book);
    expect_similarities(book);
}

}  // namespace knoll::records
