#include <knoll/core/kernels/im2col.h>
#include <knoll/core/kernels/simd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace knoll::kernels {

namespace {

// Where one row of the matrix of columns meets one plane.
struct Tap {
    std::int64_t first, last;    // output rows that it reaches
    std::int64_t left, right;    // output columns that it reaches
    std::int64_t pixel;          // the input pixel of output position (first, left)
    std::int64_t row;            // input pixels from one output row to the next
    std::int64_t stride, width;  // input pixels between output columns; output columns
};

// Calls visit(tap, row) for every row of the matrix of columns. Channels come innermost: they share a tap.
template <class Visit>
void for_each_tap(const ConvolutionGeometry& geometry, std::int64_t channels, OutputRows rows, const Visit& visit) {
    const ConvolutionGeometry g = geometry;  // a copy, or every store to the matrix could have changed it
    for (std::int64_t i = 0; i < g.kernel.height; ++i)
        for (std::int64_t j = 0; j < g.kernel.width; ++j) {
            const Inside y = g.rows_inside(i), x = g.columns_inside(j);
            const std::int64_t first = std::clamp(y.begin, rows.begin, rows.end), last = std::clamp(y.end, first, rows.end);
            const std::int64_t pixel = (first * g.stride.height + g.row_offset(i)) * g.in.width + x.begin * g.stride.width + g.column_offset(j);
            Tap tap{first, last, x.begin, x.end, pixel, g.stride.height * g.in.width, g.stride.width, g.out.width};
            std::int64_t row = i * g.kernel.width + j;
            for (std::int64_t channel = 0; channel < channels; ++channel, row += g.taps(), tap.pixel += g.pixels()) visit(tap, row);
        }
}

// Runs are rows of small images, often shorter than a call of memcpy is worth: they are copied in blocks of fixed size, which
// compile to vector moves. The last block overlaps the one before.
template <std::int64_t block, class T>
void copy_blocks(const T* from, std::int64_t count, T* into) {
    for (std::int64_t k = 0; k + block < count; k += block) std::memcpy(into + k, from + k, block * sizeof(T));
    std::memcpy(into + count - block, from + count - block, block * sizeof(T));
}

template <class T>
void copy_run(const T* from, std::int64_t stride, std::int64_t count, T* into) {
    if (stride != 1)
        for (std::int64_t k = 0; k < count; ++k) into[k] = from[k * stride];
    else if (count >= 8)
        copy_blocks<8>(from, count, into);
    else if (count >= 4)
        copy_blocks<4>(from, count, into);
    else if (count >= 2)
        copy_blocks<2>(from, count, into);
    else if (count == 1)
        *into = *from;
}

template <class T>
void clear_run(T* into, std::int64_t count) {
    static constexpr std::array<T, 8> zeros{};
    for (; count >= 8; count -= 8, into += 8) std::memcpy(into, zeros.data(), sizeof(zeros));
    for (; count > 0; --count) *into++ = T(0);
}

template <std::int64_t block, class T>
void add_block(const T* __restrict from, T* __restrict into) {
    for (std::int64_t k = 0; k < block; ++k) into[k] += from[k];
}

template <class T>
void add_run(const T* from, std::int64_t count, T* into, std::int64_t stride) {
    std::int64_t k = 0;
    if (stride == 1) {
        for (; k + 8 <= count; k += 8) add_block<8>(from + k, into + k);
        for (; k + 4 <= count; k += 4) add_block<4>(from + k, into + k);
    }
    for (; k < count; ++k) into[k * stride] += from[k];
}

}  // namespace

template <class T>
void im2col(const ConvolutionGeometry& geometry, const T* planes, std::int64_t channels, OutputRows rows, T* columns) {
    run_vectorized([&] {
        const OutputRows tile = rows;
        for_each_tap(geometry, channels, tile, [=](const Tap& tap, std::int64_t row) {
            T* into = columns + row * tile.count() * tap.width;
            clear_run(into, (tap.first - tile.begin) * tap.width);
            into += (tap.first - tile.begin) * tap.width;
            std::int64_t pixel = tap.pixel;
            if (tap.stride == 1 && tap.width >= 8 && tap.left == 0 && tap.right == tap.width)
                for (std::int64_t y = tap.first; y < tap.last; ++y, into += tap.width, pixel += tap.row) copy_blocks<8>(planes + pixel, tap.width, into);
            else
                for (std::int64_t y = tap.first; y < tap.last; ++y, into += tap.width, pixel += tap.row) {
                    clear_run(into, tap.left);
                    copy_run(planes + pixel, tap.stride, tap.right - tap.left, into + tap.left);
                    clear_run(into + tap.right, tap.width - tap.right);
                }
            clear_run(into, (tile.end - tap.last) * tap.width);
        });
    });
}

template <class T>
void col2im(const ConvolutionGeometry& geometry, const T* columns, std::int64_t channels, OutputRows rows, T* planes) {
    run_vectorized([&] {
        const OutputRows tile = rows;
        for_each_tap(geometry, channels, tile, [=](const Tap& tap, std::int64_t row) {
            const T* run = columns + (row * tile.count() + tap.first - tile.begin) * tap.width + tap.left;
            std::int64_t pixel = tap.pixel;
            for (std::int64_t y = tap.first; y < tap.last; ++y, run += tap.width, pixel += tap.row)
                add_run(run, tap.right - tap.left, planes + pixel, tap.stride);
        });
    });
}

template void im2col(const ConvolutionGeometry&, const float*, std::int64_t, OutputRows, float*);
template void im2col(const ConvolutionGeometry&, const double*, std::int64_t, OutputRows, double*);
template void col2im(const ConvolutionGeometry&, const float*, std::int64_t, OutputRows, float*);
template void col2im(const ConvolutionGeometry&, const double*, std::int64_t, OutputRows, double*);

}  // namespace knoll::kernels
