#include "core/kernels/waves.h"

#include <knoll/core/kernels/tile_product.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace knoll;
using kernels::tile_rows;

namespace {

std::int64_t whole_tiles(std::int64_t rows) { return (rows + tile_rows - 1) / tile_rows * tile_rows; }

// A left matrix whose elements lie in no particular order: element (i, k) at rows[i] + columns[k].
template <class T>
struct Scattered {
    Scattered(std::int64_t count, std::int64_t depth)
        : rows(static_cast<std::size_t>(whole_tiles(count)), 0), columns(static_cast<std::size_t>(depth)), source(waves<T>(11 * count + 7 * depth + 1, 0.2)) {
        for (std::int64_t i = 0; i < count; ++i) rows[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(11 * ((i * 5) % count));
        for (std::int64_t k = 0; k < depth; ++k) columns[static_cast<std::size_t>(k)] = static_cast<std::int32_t>(7 * (depth - 1 - k));
    }
    kernels::LeftMatrix<T> matrix() const { return {source.data(), rows.data(), columns.data(), static_cast<std::int64_t>(columns.size())}; }
    double at(std::int64_t i, std::int64_t k) const {
        return static_cast<double>(source[static_cast<std::size_t>(rows[static_cast<std::size_t>(i)] + columns[static_cast<std::size_t>(k)])]);
    }

    std::vector<std::int32_t> rows, columns;
    std::vector<T> source;
};

template <int rows_at_once, class T>
void multiply(bool baseline, const kernels::LeftMatrix<T>& left, std::int64_t first, std::int64_t last, const T* panel, std::int64_t width, const T* start,
              std::int64_t start_stride, T* out) {
    const auto body = [=] { kernels::tile_products<rows_at_once>(left, first, last, panel, width, start, start_stride, out); };
    if (baseline)
        kernels::run_baseline(body);
    else
        kernels::run_vectorized(body);
}

// Rows `first` to `last` of a product, from one start for all rows or from what is in `out` already.
template <int rows_at_once, class T>
void check_product(std::int64_t first, std::int64_t last, std::int64_t depth, std::int64_t width, bool add, bool baseline) {
    CAPTURE(first, last, depth, width, add, baseline, rows_at_once);
    constexpr T guard = -77;
    const std::int64_t count = last - first, room = whole_tiles(count) * width;
    const Scattered<T> left(first + whole_tiles(count), depth);
    const auto panel = waves<T>(depth * width, 0.9), start = waves<T>(width, 2.1);
    std::vector<T> out = waves<T>(room + 32, 3.3);
    std::fill(out.end() - 32, out.end(), guard);
    const std::vector<T> before = out;
    multiply<rows_at_once>(baseline, left.matrix(), first, last, panel.data(), width, add ? out.data() : start.data(), add ? width : 0, out.data());
    double worst = 0;
    for (std::int64_t i = 0; i < count; ++i)
        for (std::int64_t j = 0; j < width; ++j) {
            const auto at = static_cast<std::size_t>(i * width + j);
            double expected = static_cast<double>(add ? before[at] : start[static_cast<std::size_t>(j)]);
            for (std::int64_t k = 0; k < depth; ++k) expected += left.at(first + i, k) * static_cast<double>(panel[static_cast<std::size_t>(k * width + j)]);
            worst = std::max(worst, std::abs(static_cast<double>(out[at]) - expected));
        }
    CHECK(worst < (std::is_same_v<T, float> ? 2e-6 : 4e-15) * static_cast<double>(depth + 1));
    CHECK(std::all_of(out.end() - 32, out.end(), [](T value) { return value == guard; }));
}

}  // namespace

TEMPLATE_TEST_CASE("tile products agree with three nested loops for any number of rows, any depth, and both widths", "", float, double) {
    const bool baseline = GENERATE(false, true);
    for (const std::int64_t width : {kernels::panel_width<TestType> / 2, kernels::panel_width<TestType>})
        for (const std::int64_t last : {1, 2, 5, 6, 7, 12, 31})
            for (const std::int64_t depth : {0, 1, 2, 33})
                for (const bool add : {false, true}) {
                    check_product<6, TestType>(0, last, depth, width, add, baseline);
                    check_product<2, TestType>(0, last, depth, width, add, baseline);
                }
}

TEMPLATE_TEST_CASE("tile products may begin at any row", "", float, double) {
    check_product<6, TestType>(6, 17, 9, kernels::panel_width<TestType>, false, false);
    check_product<2, TestType>(5, 16, 9, kernels::panel_width<TestType> / 2, true, false);
    check_product<3, TestType>(4, 4, 9, kernels::panel_width<TestType>, true, false);
}
