// The product in which a network spends its time:
//
//     out[i][j] = start[j] + sum over k of source[rows[i] + columns[k]] * panel[k][j]
//
// A tile of six rows and one or two vectors of columns stays in registers while k runs by: for each k one element of every row is
// spread over a vector, and multiplied with the panel's row k. Six rows of two vectors are twelve sums under way, enough to hide
// the latency of a multiply-add, and 15 of the 16 registers of AVX2.
//
// The left matrix is read where it lies, element (i, k) at the sum of two offsets. That covers plain and transposed matrices, and
// convolution, whose matrix of columns never exists: there a row is an output position, and k a channel with a tap of the kernel.
#pragma once

#include <knoll/core/kernels/panel.h>

namespace knoll::kernels {

constexpr std::int64_t tile_rows = 6;

/// Where the elements of the left matrix lie. `rows` goes on with any valid offsets up to a multiple of tile_rows.
template <class T>
struct LeftMatrix {
    const T* source;
    const std::int32_t* rows;
    const std::int32_t* columns;
    std::int64_t depth;
};

namespace detail {

/// out [count, vectors] for `count` rows from rows[0] on. `start` moves on by start_stride for each row.
template <int count, int vectors, class T>
[[gnu::always_inline]] inline void multiply_rows(const LeftMatrix<T>& left, const std::int32_t* rows, const T* panel, const T* start, std::int64_t start_stride,
                                                 T* out) {
    constexpr int lanes = vector_lanes<T>;
    constexpr int width = vectors * lanes;
    const T* row[count];
    Vector<T> sums[count * vectors];
#pragma GCC unroll 6
    for (int i = 0; i < count; ++i) {
        row[i] = left.source + rows[i];
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) load(start + i * start_stride + v * lanes, sums[i * vectors + v]);
    }
    for (std::int64_t k = 0; k < left.depth; ++k, panel += width) {
        const std::int64_t column = left.columns[k];
        Vector<T> factors[vectors];
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) load(panel + v * lanes, factors[v]);
#pragma GCC unroll 6
        for (int i = 0; i < count; ++i) {
            const T value = row[i][column];
#pragma GCC unroll 2
            for (int v = 0; v < vectors; ++v) sums[i * vectors + v] += value * factors[v];
        }
    }
#pragma GCC unroll 6
    for (int i = 0; i < count; ++i)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) store(out + i * width + v * lanes, sums[i * vectors + v]);
}

template <int rows_at_once, int vectors, class T>
[[gnu::always_inline]] inline void multiply_tiles(const LeftMatrix<T>& left, std::int64_t first, std::int64_t last, const T* panel, const T* start,
                                                  std::int64_t start_stride, T* out) {
    static_assert(tile_rows % rows_at_once == 0);
    for (std::int64_t i = first; i < last; i += rows_at_once) {
        multiply_rows<rows_at_once, vectors>(left, left.rows + i, panel, start, start_stride, out);
        start += rows_at_once * start_stride;
        out += rows_at_once * vectors * vector_lanes<T>;
    }
}

}  // namespace detail

/// out [.., width] for the rows from `first` to `last`, made up to whole tiles, which `out` has room for. Every row starts from
/// `start` [width] if start_stride is 0, or from its own start values, so many elements apart (out itself to add to it).
template <int rows_at_once, class T>
[[gnu::always_inline]] inline void tile_products(const LeftMatrix<T>& left, std::int64_t first, std::int64_t last, const T* panel, std::int64_t width,
                                                 const T* start, std::int64_t start_stride, T* out) {
    if (width == panel_width<T>)
        detail::multiply_tiles<rows_at_once, 2>(left, first, last, panel, start, start_stride, out);
    else
        detail::multiply_tiles<rows_at_once, 1>(left, first, last, panel, start, start_stride, out);
}

}  // namespace knoll::kernels
