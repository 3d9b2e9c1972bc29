// Ops with an index over several chunks of rows and several tiles of columns, with places that repeat from chunk to chunk, against plain
// loops: values, and gradients of first and second order.
#include "support/plain.h"

#include <knoll/core/autograd.h>
#include <knoll/core/ops/index.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

// [outer, extent, inner] read or added to at `count` places of the middle.
struct IndexedExtents {
    std::int64_t outer, extent, count, inner;

    std::size_t at(std::int64_t o, std::int64_t k, std::int64_t i, std::int64_t length) const { return static_cast<std::size_t>((o * length + k) * inner + i); }
    /// Calls visit(place among [outer, count, inner], its index there, o, k, i).
    template <class Visit>
    void for_each(const Visit& visit) const {
        for (std::int64_t o = 0; o < outer; ++o)
            for (std::int64_t k = 0; k < count; ++k)
                for (std::int64_t i = 0; i < inner; ++i) visit(at(o, k, i, count), o, k, i);
    }
};

// A tile has 256 columns, a chunk 16384 elements.
const std::vector<IndexedExtents>& indexed_extents() {
    static const std::vector<IndexedExtents> all{{3, 50, 700, 70}, {1, 9, 20001, 1}, {2, 7, 5, 20000}, {40, 11, 13, 300}, {1, 5, 64, 256}, {1, 5, 64, 257},
                                                 {2, 6, 65, 255},  {300, 3, 70, 1},  {16385, 2, 3, 1}, {1, 4, 16384, 1},  {7, 2, 1, 2400}};
    return all;
}

}  // namespace

TEST_CASE("gather and scatter_add over several chunks are those of plain loops, to second order", "[chunks]") {
    for (const IndexedExtents& e : indexed_extents())
        for (const DType dtype : {DType::f32, DType::f64}) {
            CAPTURE(e.outer, e.extent, e.count, e.inner, to_string(dtype));
            const Shape many{e.outer, e.extent, e.inner}, few{e.outer, e.count, e.inner};
            const Tensor index = drawn_indices(few, e.extent, 1), x = drawn(many, dtype, 2).set_requires_grad(), y = drawn(few, dtype, 3).set_requires_grad();
            const Doubles where = index.to_vector(), from = x.to_vector(), added = y.to_vector();
            Doubles gathered(added.size()), scattered = from, scattered_alone(from.size());
            e.for_each([&](std::size_t place, std::int64_t o, std::int64_t, std::int64_t i) {
                const std::size_t target = e.at(o, static_cast<std::int64_t>(where[place]), i, e.extent);
                gathered[place] = from[target];
                scattered[target] += added[place];
                scattered_alone[target] += added[place];
            });
            const Tensor picked = gather(x, 1, index), total = scatter_add(x, 1, index, y);
            CHECK(picked.to_vector() == gathered);
            const double rounding = dtype == DType::f32 ? 1e-4 : 1e-12;  // thousands may meet in one place
            check_near("scatter_add", total, scattered, rounding);
            // Each is the other's gradient, so with y or x upstream the values are those above.
            const Tensor back = grad(picked, x, {.grad_outputs = {y}, .create_graph = true});
            check_near("gradient of gather", back, scattered_alone, rounding);
            CHECK(grad(back, y, {.grad_outputs = {x.detach()}}).to_vector() == gathered);
            const auto forth = grad({total}, {x, y}, {.grad_outputs = {x}, .create_graph = true});
            CHECK(forth[0].to_vector() == from);
            CHECK(forth[1].to_vector() == gathered);
        }
}

TEST_CASE("index_select and its gradient over several chunks are those of plain loops, to second order", "[chunks]") {
    for (const IndexedExtents& e : indexed_extents())
        for (const DType dtype : {DType::f32, DType::f64}) {
            CAPTURE(e.outer, e.extent, e.count, e.inner, to_string(dtype));
            const Shape many{e.outer, e.extent, e.inner}, few{e.outer, e.count, e.inner};
            const Tensor index = drawn_indices({e.count}, e.extent, 4), x = drawn(many, dtype, 5).set_requires_grad(),
                         y = drawn(few, dtype, 6).set_requires_grad();
            const Doubles where = index.to_vector(), from = x.to_vector(), added = y.to_vector();
            Doubles selected(added.size()), sums(from.size());
            e.for_each([&](std::size_t place, std::int64_t o, std::int64_t k, std::int64_t i) {
                const std::size_t target = e.at(o, static_cast<std::int64_t>(where[static_cast<std::size_t>(k)]), i, e.extent);
                selected[place] = from[target];
                sums[target] += added[place];
            });
            const Tensor picked = index_select(x, 1, index);
            CHECK(picked.to_vector() == selected);
            const Tensor back = grad(picked, x, {.grad_outputs = {y}, .create_graph = true});
            check_near("gradient", back, sums, dtype == DType::f32 ? 1e-4 : 1e-12);
            CHECK(grad(back, y, {.grad_outputs = {x.detach()}}).to_vector() == selected);
        }
}

TEST_CASE("integers are gathered and added at an index exactly, over several chunks", "[chunks]") {
    const IndexedExtents e{3, 50, 700, 70};
    const Tensor index = drawn_indices({e.outer, e.count, e.inner}, e.extent, 7);
    for (const DType dtype : {DType::i64, DType::u8}) {
        const Tensor x = drawn_indices({e.outer, e.extent, e.inner}, 100, 8).to(dtype), y = drawn_indices({e.outer, e.count, e.inner}, 4, 9).to(dtype);
        const Doubles where = index.to_vector(), from = x.to_vector(), added = y.to_vector();
        Doubles gathered(added.size()), scattered = from;
        e.for_each([&](std::size_t place, std::int64_t o, std::int64_t, std::int64_t i) {
            const std::size_t target = e.at(o, static_cast<std::int64_t>(where[place]), i, e.extent);
            gathered[place] = from[target];
            scattered[target] += added[place];
        });
        CHECK(gather(x, 1, index).to_vector() == gathered);
        CHECK(scatter_add(x, 1, index, y).to_vector() == scattered);
    }
}

TEST_CASE("an embedding of many rows gives them, and adds their gradients where a row is looked up often", "[chunks]") {
    for (const std::int64_t width : {1, 17, 256, 300}) {
        const Tensor table = drawn({23, width}, DType::f64, 10).set_requires_grad(), index = drawn_indices({35, 29}, 23, 11);
        const Tensor upstream = drawn({35, 29, width}, DType::f64, 12);
        const Doubles where = index.to_vector(), rows = table.to_vector(), g = upstream.to_vector();
        Doubles expected, gradient(rows.size());
        for (std::size_t i = 0; i < g.size(); ++i) {
            const std::size_t at =
                static_cast<std::size_t>(where[i / static_cast<std::size_t>(width)]) * static_cast<std::size_t>(width) + i % static_cast<std::size_t>(width);
            expected.push_back(rows[at]);
            gradient[at] += g[i];
        }
        const Tensor found = embedding(table, index);
        CHECK(found.to_vector() == expected);
        check_near("gradient", grad(found, table, {.grad_outputs = {upstream}}), gradient, 1e-13);
    }
}
