// The product of tile_product.h for convolutions with few filters, which would leave most of a panel's width unused. Here neighbouring
// positions fill the vectors and each weight is spread over one:
//
//     sums[i][p] = start[i] + sum over k of weight[k][i] * source[offsets[k] + p]
//
// for six filters i and sixteen positions p, which must lie side by side in the source. The sums come out in planes. For float alone: a
// narrow panel of doubles has four columns.
// For use inside run_in_registers() (simd.h).
#pragma once

#include <knoll/core/kernels/panel.h>

namespace knoll::kernels {

constexpr std::int64_t most_pixel_filters = 6;

/// Positions that are computed at once; the source must be readable that far.
template <class T>
constexpr std::int64_t pixels_at_once = 2 * vector_lanes<T>;

namespace detail {

template <int count, class T>
[[gnu::always_inline]] inline void multiply_pixels(const T* source, const std::int32_t* offsets, std::int64_t depth, const T* weight, const T* start, T* sums,
                                                   std::int64_t apart) {
    constexpr int vectors = 2;
    constexpr int lanes = vector_lanes<T>;
    Vector<T> total[count * vectors];
#pragma GCC unroll 12
    for (int i = 0; i < count * vectors; ++i) total[i] = Vector<T>{} + start[i / vectors];
    for (std::int64_t k = 0; k < depth; ++k, weight += lanes) {
        Vector<T> pixels[vectors];
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) load(source + offsets[k] + v * lanes, pixels[v]);
#pragma GCC unroll 6
        for (int i = 0; i < count; ++i)
#pragma GCC unroll 2
            for (int v = 0; v < vectors; ++v) total[i * vectors + v] += weight[i] * pixels[v];
    }
#pragma GCC unroll 6
    for (int i = 0; i < count; ++i)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) store(sums + i * apart + v * lanes, total[i * vectors + v]);
}

}  // namespace detail

/// sums [most_pixel_filters, apart] for positions 0 to `positions`, made up to a multiple of pixels_at_once. weight: a narrow panel.
template <int filters_at_once, class T>
[[gnu::always_inline]] inline void pixel_products(const T* source, const std::int32_t* offsets, std::int64_t depth, const T* weight, const T* start,
                                                  std::int64_t positions, T* sums, std::int64_t apart) {
    static_assert(most_pixel_filters % filters_at_once == 0 && most_pixel_filters <= vector_lanes<T>);
    for (std::int64_t p = 0; p < positions; p += pixels_at_once<T>)
        for (std::int64_t i = 0; i < most_pixel_filters; i += filters_at_once)
            detail::multiply_pixels<filters_at_once>(source + p, offsets, depth, weight + i, start + i, sums + i * apart + p, apart);
}

}  // namespace knoll::kernels
