// Panels: a matrix cut into strips of so many columns that a row of a strip fills one or two vectors. The right-hand side of every
// product is packed into one, and its result comes out as one; both ways are transpositions, done in registers.
// For use inside run_vectorized() (simd.h).
#pragma once

#include <knoll/core/kernels/simd.h>

#include <algorithm>
#include <cstdint>

namespace knoll::kernels {

/// Columns of a wide panel; a narrow one has half as many.
template <class T>
constexpr std::int64_t panel_width = 2 * vector_lanes<T>;

/// The width that so many remaining columns ask for.
template <class T>
constexpr std::int64_t width_for(std::int64_t columns) {
    return columns > vector_lanes<T> ? panel_width<T> : vector_lanes<T>;
}

namespace detail {

template <class T>
struct Block {
    Vector<T> rows[vector_lanes<T>];
};

/// Rows become columns: pairs of rows are interleaved, then pairs of pairs, then halves.
[[gnu::always_inline]] inline void transpose_block(Block<float>& block) {
    Vector<float>(&r)[8] = block.rows;
    Vector<float> pairs[8], quads[8];
    for (int i = 0; i < 8; i += 2) {
        pairs[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        pairs[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = 0; j < 2; ++j) {
            quads[i + 2 * j] = __builtin_shufflevector(pairs[i + j], pairs[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            quads[i + 2 * j + 1] = __builtin_shufflevector(pairs[i + j], pairs[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    for (int i = 0; i < 4; ++i) {
        r[i] = __builtin_shufflevector(quads[i], quads[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        r[i + 4] = __builtin_shufflevector(quads[i], quads[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

[[gnu::always_inline]] inline void transpose_block(Block<double>& block) {
    Vector<double>(&r)[4] = block.rows;
    Vector<double> pairs[4];
    for (int i = 0; i < 4; i += 2) {
        pairs[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 4, 2, 6);
        pairs[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 1, 5, 3, 7);
    }
    for (int i = 0; i < 2; ++i) {
        r[i] = __builtin_shufflevector(pairs[i], pairs[i + 2], 0, 1, 4, 5);
        r[i + 2] = __builtin_shufflevector(pairs[i], pairs[i + 2], 2, 3, 6, 7);
    }
}

/// The first rows of a block, `columns` of each; what is not there is 0.
template <class T>
[[gnu::always_inline]] inline void load_block(const T* from, std::int64_t stride, std::int64_t rows, std::int64_t columns, Block<T>& block) {
    constexpr std::int64_t lanes = vector_lanes<T>;
    for (std::int64_t r = 0; r < lanes; ++r) {
        Vector<T>& row = block.rows[r];
        if (r < rows && columns == lanes) {
            load(from + r * stride, row);
        } else {
            row = Vector<T>{};
            for (std::int64_t c = 0; r < rows && c < columns; ++c) row[c] = from[r * stride + c];
        }
    }
}

template <class T>
[[gnu::always_inline]] inline void store_block(const Block<T>& block, std::int64_t rows, std::int64_t columns, T* to, std::int64_t stride) {
    constexpr std::int64_t lanes = vector_lanes<T>;
    for (std::int64_t r = 0; r < std::min(rows, lanes); ++r) {
        const Vector<T>& row = block.rows[r];
        if (columns >= lanes)
            store(to + r * stride, row);
        else
            for (std::int64_t c = 0; c < columns; ++c) to[r * stride + c] = row[c];
    }
}

/// Calls visit(k) for blocks that cover 0 .. count. Where there is room the last one overlaps the one before, so that all are whole.
template <std::int64_t side, class Visit>
[[gnu::always_inline]] inline void for_blocks(std::int64_t count, const Visit& visit) {
    std::int64_t k = 0;
    for (; k + side <= count; k += side) visit(k);
    if (k < count) visit(count >= side ? count - side : k);
}

}  // namespace detail

/// panel [count, width] from rows [lanes, count] that lie `stride` apart; columns beyond the lanes are 0. The width is any multiple
/// of a vector.
template <class T>
[[gnu::always_inline]] inline void pack_panel(const T* rows, std::int64_t stride, std::int64_t lanes, std::int64_t count, T* panel, std::int64_t width) {
    constexpr std::int64_t side = vector_lanes<T>;
    for (std::int64_t first = 0; first < width; first += side)
        detail::for_blocks<side>(count, [=](std::int64_t k) {
            detail::Block<T> block;
            detail::load_block(rows + first * stride + k, stride, lanes - first, std::min(side, count - k), block);
            detail::transpose_block(block);
            detail::store_block(block, count - k, side, panel + k * width + first, width);
        });
}

/// The way back: rows [lanes, count] from panel [count, width].
template <class T>
[[gnu::always_inline]] inline void unpack_panel(const T* panel, std::int64_t width, std::int64_t lanes, std::int64_t count, T* rows, std::int64_t stride) {
    constexpr std::int64_t side = vector_lanes<T>;
    for (std::int64_t first = 0; first < lanes; first += side)
        detail::for_blocks<side>(count, [=](std::int64_t k) {
            detail::Block<T> block;
            detail::load_block(panel + k * width + first, width, count - k, side, block);
            detail::transpose_block(block);
            detail::store_block(block, lanes - first, count - k, rows + first * stride + k, stride);
        });
}

}  // namespace knoll::kernels
