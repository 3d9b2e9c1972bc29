// Products that are cut into blocks, in every pair of transposes, against three nested loops; batches of small ones that share threads.
#include "support/plain.h"

#include <knoll/core/autograd.h>
#include <knoll/core/ops/matmul.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

struct ProductExtents {
    std::int64_t m, n, k;
};

// Element (row, column) of a matrix that is stored transposed or not.
std::size_t matrix_place(std::int64_t row, std::int64_t column, std::int64_t rows, std::int64_t columns, bool transposed) {
    return static_cast<std::size_t>(transposed ? column * rows + row : row * columns + column);
}

// Adds the product of op(a) and op(b) and the gradients in both to what is there; all begin where the batch's matrix does.
struct PlainProduct {
    ProductExtents e;
    bool ta, tb;

    void add(const double* a, const double* b, const double* g, double* c, double* da, double* db) const {
        for (std::int64_t i = 0; i < e.m; ++i)
            for (std::int64_t k = 0; k < e.k; ++k) {
                const std::size_t at_a = matrix_place(i, k, e.m, e.k, ta);
                for (std::int64_t j = 0; j < e.n; ++j) {
                    const std::size_t at_b = matrix_place(k, j, e.k, e.n, tb), at_c = static_cast<std::size_t>(i * e.n + j);
                    c[at_c] += a[at_a] * b[at_b];
                    da[at_a] += g[at_c] * b[at_b];
                    db[at_b] += g[at_c] * a[at_a];
                }
            }
    }
};

void check_product_chunks(const ProductExtents& e, bool ta, bool tb, DType dtype, std::int64_t batch_a, std::int64_t batch_b) {
    CAPTURE(e.m, e.n, e.k, ta, tb, to_string(dtype), batch_a, batch_b);
    const auto shape_of = [](std::int64_t batch, std::int64_t rows, std::int64_t columns, bool transposed) {
        const Shape matrix = transposed ? Shape{columns, rows} : Shape{rows, columns};
        return batch == 0 ? matrix : Shape{batch, matrix[0], matrix[1]};
    };
    const Tensor a = drawn(shape_of(batch_a, e.m, e.k, ta), dtype, 1).set_requires_grad();
    const Tensor b = drawn(shape_of(batch_b, e.k, e.n, tb), dtype, 2).set_requires_grad();
    const Tensor c = matmul(a, b, {.transpose_a = ta, .transpose_b = tb});
    const std::int64_t batch = std::max({std::int64_t{1}, batch_a, batch_b});
    REQUIRE(c.numel() == batch * e.m * e.n);
    const Tensor upstream = drawn(c.shape(), dtype, 3);
    const auto gradients = grad({c}, {a, b}, {.grad_outputs = {upstream}});

    const Doubles left = a.to_vector(), right = b.to_vector(), g = upstream.to_vector();
    Doubles expected(g.size()), da(left.size()), db(right.size());
    for (std::int64_t i = 0; i < batch; ++i) {
        const std::int64_t at_a = batch_a > 1 ? i * e.m * e.k : 0, at_b = batch_b > 1 ? i * e.k * e.n : 0, at_c = i * e.m * e.n;
        PlainProduct{e, ta, tb}.add(left.data() + at_a, right.data() + at_b, g.data() + at_c, expected.data() + at_c, da.data() + at_a, db.data() + at_b);
    }
    check_near("product", c, expected, rounding_of(dtype));
    check_near("gradient of the left", gradients[0], da, rounding_of(dtype));
    check_near("gradient of the right", gradients[1], db, rounding_of(dtype));
}

}  // namespace

TEST_CASE("products of several blocks are those of plain loops, whichever operand is stored transposed, with both gradients", "[chunks]") {
    for (const ProductExtents& e : {ProductExtents{300, 250, 200}, ProductExtents{127, 129, 251}, ProductExtents{129, 127, 250}, ProductExtents{1000, 7, 650},
                                    ProductExtents{5, 1100, 730}, ProductExtents{128, 128, 245}, ProductExtents{63, 64, 1001}})
        for (const DType dtype : {DType::f32, DType::f64})
            for (const bool ta : {false, true})
                for (const bool tb : {false, true})
                    if (dtype == DType::f32 || ta != tb) check_product_chunks(e, ta, tb, dtype, 0, 0);
}

TEST_CASE("batches of products that share threads are those of plain loops, with both gradients", "[chunks]") {
    for (const auto& [batch_a, batch_b] : {std::pair<std::int64_t, std::int64_t>{301, 301}, {301, 1}, {1, 301}, {301, 0}, {0, 301}})
        for (const bool ta : {false, true})
            for (const bool tb : {false, true}) check_product_chunks({11, 13, 17}, ta, tb, ta == tb ? DType::f32 : DType::f64, batch_a, batch_b);
    check_product_chunks({140, 150, 210}, false, true, DType::f32, 3, 3);
}

TEST_CASE("a linear layer of several blocks is that of plain loops, with all gradients", "[chunks]") {
    for (const ProductExtents& e : {ProductExtents{300, 250, 200}, ProductExtents{129, 10, 784}, ProductExtents{7, 1030, 600}})
        for (const DType dtype : {DType::f32, DType::f64}) {
            CAPTURE(e.m, e.n, e.k, to_string(dtype));
            const Tensor x = drawn({e.m, e.k}, dtype, 1).set_requires_grad(), weight = drawn({e.n, e.k}, dtype, 2).set_requires_grad();
            const Tensor bias = drawn({e.n}, dtype, 3).set_requires_grad(), upstream = drawn({e.m, e.n}, dtype, 4);
            const Tensor y = linear(x, weight, bias);
            const auto gradients = grad({y}, {x, weight, bias}, {.grad_outputs = {upstream}});
            const Doubles g = upstream.to_vector(), shifts = bias.to_vector();
            Doubles expected, dx(static_cast<std::size_t>(e.m * e.k)), dweight(static_cast<std::size_t>(e.n * e.k)), dbias(shifts.size());
            for (std::size_t i = 0; i < g.size(); ++i) {
                expected.push_back(shifts[i % shifts.size()]);
                dbias[i % shifts.size()] += g[i];
            }
            PlainProduct{e, false, true}.add(x.to_vector().data(), weight.to_vector().data(), g.data(), expected.data(), dx.data(), dweight.data());
            check_near("values", y, expected, rounding_of(dtype));
            check_near("gradient of x", gradients[0], dx, rounding_of(dtype));
            check_near("gradient of the weight", gradients[1], dweight, rounding_of(dtype));
            check_near("gradient of the bias", gradients[2], dbias, rounding_of(dtype));
        }
}
