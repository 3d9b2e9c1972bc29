// Sorting, the front of a sort and running sums over many lines and long ones, along any dimension, against plain loops.
#include "support/plain.h"

#include <knoll/core/autograd.h>
#include <knoll/core/ops/order.h>
#include <catch2/catch.hpp>

#include <numeric>

using namespace knoll;

namespace {

// Lines along the middle of [outer, extent, inner].
struct LineExtents {
    std::int64_t outer, extent, inner;

    Shape shape(std::int64_t length) const { return {outer, length, inner}; }
    std::size_t at(std::int64_t line, std::int64_t k, std::int64_t length) const {
        return static_cast<std::size_t>((line / inner * length + k) * inner + line % inner);
    }
};

// Running sums take 64 columns at a time; lines share a chunk up to 16384 elements.
const std::vector<LineExtents>& line_extents() {
    static const std::vector<LineExtents> all{{3, 700, 13}, {1, 20001, 1}, {50, 37, 40}, {700, 30, 1}, {3, 41, 63},
                                              {3, 41, 64},  {3, 41, 65},   {2, 29, 700}, {4, 1, 5000}, {1, 16384, 2}};
    return all;
}

}  // namespace

TEST_CASE("sort and topk of many lines and of long ones are those of plain loops, ties in their order, with gradients", "[chunks]") {
    for (const LineExtents& e : line_extents())
        for (const DType dtype : {DType::f32, DType::f64, DType::i64, DType::u8})
            for (const bool descending : {false, true}) {
                const std::int64_t count = e.extent < 5 ? e.extent : e.extent * 3 / 5;
                CAPTURE(e.outer, e.extent, e.inner, to_string(dtype), descending, count);
                Doubles numbers = drawn_numbers(e.shape(e.extent).numel(), 1, 50);
                for (double& value : numbers) value = std::round(50 * value) + 50;
                Doubles all(numbers.size()), places(numbers.size()), front(static_cast<std::size_t>(e.outer * count * e.inner)), front_places(front.size());
                for (std::int64_t line = 0; line < e.outer * e.inner; ++line) {
                    std::vector<std::int64_t> order(static_cast<std::size_t>(e.extent));
                    std::iota(order.begin(), order.end(), std::int64_t{0});
                    const auto value = [&](std::int64_t k) { return numbers[e.at(line, k, e.extent)]; };
                    std::stable_sort(order.begin(), order.end(),
                                     [&](std::int64_t a, std::int64_t b) { return descending ? value(a) > value(b) : value(a) < value(b); });
                    for (std::int64_t k = 0; k < e.extent; ++k) {
                        const std::int64_t place = order[static_cast<std::size_t>(k)];
                        all[e.at(line, k, e.extent)] = value(place);
                        places[e.at(line, k, e.extent)] = static_cast<double>(place);
                        if (k >= count) continue;
                        front[e.at(line, k, count)] = value(place);
                        front_places[e.at(line, k, count)] = static_cast<double>(place);
                    }
                }
                const Tensor x = tensor(numbers, e.shape(e.extent), dtype);
                const Sorted sorted = sort(x, 1, descending), first = topk(x, count, 1, descending);
                CHECK(sorted.values.to_vector() == all);
                CHECK(sorted.indices.to_vector() == places);
                CHECK(first.values.to_vector() == front);
                CHECK(first.indices.to_vector() == front_places);
                if (!is_floating(dtype)) continue;
                const Tensor leaf = x.clone().set_requires_grad(), upstream = drawn(e.shape(count), dtype, 2);
                const Doubles g = upstream.to_vector();
                Doubles gradient(numbers.size());
                for (std::int64_t line = 0; line < e.outer * e.inner; ++line)
                    for (std::int64_t k = 0; k < count; ++k)
                        gradient[e.at(line, static_cast<std::int64_t>(front_places[e.at(line, k, count)]), e.extent)] = g[e.at(line, k, count)];
                CHECK(grad(topk(leaf, count, 1, descending).values, leaf, {.grad_outputs = {upstream}}).to_vector() == gradient);
            }
}

TEST_CASE("running sums of many lines and of long ones are those of plain loops, with their gradient", "[chunks]") {
    for (const LineExtents& e : line_extents())
        for (const DType dtype : {DType::f32, DType::f64}) {
            CAPTURE(e.outer, e.extent, e.inner, to_string(dtype));
            const Tensor x = drawn(e.shape(e.extent), dtype, 3).set_requires_grad(), upstream = drawn(e.shape(e.extent), dtype, 4);
            const Doubles numbers = x.to_vector(), g = upstream.to_vector();
            Doubles expected(numbers.size()), gradient(numbers.size());
            for (std::int64_t line = 0; line < e.outer * e.inner; ++line) {
                double forward = 0, backward = 0;
                for (std::int64_t k = 0; k < e.extent; ++k) {
                    const std::size_t at = e.at(line, k, e.extent), mirrored = e.at(line, e.extent - 1 - k, e.extent);
                    expected[at] = forward += numbers[at];
                    gradient[mirrored] = backward += g[mirrored];
                }
            }
            const double rounding = dtype == DType::f32 ? 1e-6 : 1e-12;
            const Tensor sums = cumsum(x, 1);
            check_near("running sums", sums, expected, rounding);
            check_near("gradient", grad(sums, x, {.grad_outputs = {upstream}}), gradient, rounding);
            if (dtype == DType::f32) {
                const Tensor whole = drawn_indices(e.shape(e.extent), 9, 5);
                const Doubles numbers_of_whole = whole.to_vector();
                Doubles totals(numbers_of_whole.size());
                for (std::int64_t line = 0; line < e.outer * e.inner; ++line) {
                    double total = 0;
                    for (std::int64_t k = 0; k < e.extent; ++k) totals[e.at(line, k, e.extent)] = total += numbers_of_whole[e.at(line, k, e.extent)];
                }
                CHECK(cumsum(whole, 1).to_vector() == totals);
            }
        }
}
