#include <knoll/core/kernels/im2col.h>
#include <knoll/core/kernels/simd.h>

namespace knoll::kernels {

namespace {

// Calls visit(channel, i, j, row of the matrix) for every row of the matrix of columns.
template <class Visit>
void for_each_tap(const ConvolutionGeometry& geometry, std::int64_t channels, const Visit& visit) {
    std::int64_t row = 0;
    for (std::int64_t channel = 0; channel < channels; ++channel)
        for (std::int64_t i = 0; i < geometry.kernel.height; ++i)
            for (std::int64_t j = 0; j < geometry.kernel.width; ++j) visit(channel, i, j, row++);
}

template <class T>
void copy_strided(const T* from, std::int64_t stride, std::int64_t count, T* into) {
    if (stride == 1)
        for (std::int64_t k = 0; k < count; ++k) into[k] = from[k];
    else
        for (std::int64_t k = 0; k < count; ++k) into[k] = from[k * stride];
}

template <class T>
void add_strided(const T* from, std::int64_t count, T* into, std::int64_t stride) {
    if (stride == 1)
        for (std::int64_t k = 0; k < count; ++k) into[k] += from[k];
    else
        for (std::int64_t k = 0; k < count; ++k) into[k * stride] += from[k];
}

template <class T>
void clear(T* into, std::int64_t count) {
    for (std::int64_t k = 0; k < count; ++k) into[k] = T(0);
}

}  // namespace

template <class T>
void im2col(const ConvolutionGeometry& geometry, const T* planes, std::int64_t channels, OutputRows rows, T* columns) {
    run_vectorized([&] {
        const std::int64_t width = geometry.out.width;
        for_each_tap(geometry, channels, [&](std::int64_t channel, std::int64_t i, std::int64_t j, std::int64_t row) {
            const Inside inside = geometry.inside(j);
            const std::int64_t start = channel * geometry.pixels() + inside.begin * geometry.stride.width + geometry.column_offset(j);
            T* into = columns + row * rows.count() * width;
            for (std::int64_t y = rows.begin; y < rows.end; ++y, into += width) {
                const std::int64_t input_row = geometry.input_row(y, i);
                if (input_row < 0 || input_row >= geometry.in.height) {
                    clear(into, width);
                    continue;
                }
                clear(into, inside.begin);
                copy_strided(planes + start + input_row * geometry.in.width, geometry.stride.width, inside.end - inside.begin, into + inside.begin);
                clear(into + inside.end, width - inside.end);
            }
        });
    });
}

template <class T>
void col2im(const ConvolutionGeometry& geometry, const T* columns, std::int64_t channels, OutputRows rows, T* planes) {
    run_vectorized([&] {
        const std::int64_t width = geometry.out.width;
        for_each_tap(geometry, channels, [&](std::int64_t channel, std::int64_t i, std::int64_t j, std::int64_t row) {
            const Inside inside = geometry.inside(j);
            const std::int64_t start = channel * geometry.pixels() + inside.begin * geometry.stride.width + geometry.column_offset(j);
            const T* from = columns + row * rows.count() * width + inside.begin;
            for (std::int64_t y = rows.begin; y < rows.end; ++y, from += width) {
                const std::int64_t input_row = geometry.input_row(y, i);
                if (input_row < 0 || input_row >= geometry.in.height) continue;
                add_strided(from, inside.end - inside.begin, planes + start + input_row * geometry.in.width, geometry.stride.width);
            }
        });
    });
}

template void im2col(const ConvolutionGeometry&, const float*, std::int64_t, OutputRows, float*);
template void im2col(const ConvolutionGeometry&, const double*, std::int64_t, OutputRows, double*);
template void col2im(const ConvolutionGeometry&, const float*, std::int64_t, OutputRows, float*);
template void col2im(const ConvolutionGeometry&, const double*, std::int64_t, OutputRows, double*);

}  // namespace knoll::kernels
