#include <knoll/core/kernels/depthwise.h>
#include <knoll/core/kernels/simd.h>
#include <knoll/core/parallel.h>

#include <array>

namespace knoll::kernels {

namespace {

constexpr std::int64_t depthwise_flops_per_chunk = 200'000;

std::int64_t planes_per_chunk(const ConvolutionGeometry& geometry, std::int64_t filters) {
    const std::int64_t flops = 2 * filters * geometry.taps() * geometry.positions();
    return std::max<std::int64_t>(1, depthwise_flops_per_chunk / std::max<std::int64_t>(1, flops));
}

// Calls visit(tap, first input pixel, first output position, count) for each run of output positions that one tap of the kernel
// reaches; neighbours in the input are stride.width apart.
template <class Visit>
void for_each_run(const ConvolutionGeometry& geometry, const Visit& visit) {
    for (std::int64_t i = 0; i < geometry.kernel.height; ++i)
        for (std::int64_t j = 0; j < geometry.kernel.width; ++j) {
            const Inside rows = geometry.rows_inside(i), columns = geometry.columns_inside(j);
            const std::int64_t column = columns.begin * geometry.stride.width + geometry.column_offset(j);
            for (std::int64_t y = rows.begin; y < rows.end; ++y)
                visit(i * geometry.kernel.width + j, (y * geometry.stride.height + geometry.row_offset(i)) * geometry.in.width + column,
                      y * geometry.out.width + columns.begin, columns.end - columns.begin);
        }
}

template <class T>
T strided_dot(const T* a, std::int64_t stride, const T* b, std::int64_t count) {
    constexpr std::int64_t lanes = 8;
    std::array<T, lanes> lane{};
    T total = 0;
    std::int64_t k = 0;
    for (; k + lanes <= count; k += lanes)
        for (std::int64_t l = 0; l < lanes; ++l) lane[static_cast<std::size_t>(l)] += a[(k + l) * stride] * b[k + l];
    for (; k < count; ++k) total += a[k * stride] * b[k];
    for (const T value : lane) total += value;
    return total;
}

template <class T>
void fill(T* into, std::int64_t count, T value) {
    for (std::int64_t k = 0; k < count; ++k) into[k] = value;
}

}  // namespace

template <class T>
void depthwise_convolve(const ConvolutionGeometry& geometry, const T* x, const T* weight, const T* bias, T* out) {
    const std::int64_t channels = geometry.groups * geometry.out_channels, stride = geometry.stride.width;
    parallel_for(geometry.images * channels, planes_per_chunk(geometry, 1), [&](std::int64_t begin, std::int64_t end) {
        run_vectorized([&] {
            for (std::int64_t plane = begin; plane < end; ++plane) {
                const std::int64_t channel = plane % channels;
                const T* from = x + plane / geometry.out_channels * geometry.pixels();
                const T* taps = weight + channel * geometry.taps();
                T* into = out + plane * geometry.positions();
                fill(into, geometry.positions(), bias != nullptr ? bias[channel] : T(0));
                for_each_run(geometry, [&](std::int64_t tap, std::int64_t pixel, std::int64_t position, std::int64_t count) {
                    const T factor = taps[tap];
                    if (stride == 1)
                        for (std::int64_t k = 0; k < count; ++k) into[position + k] += factor * from[pixel + k];
                    else
                        for (std::int64_t k = 0; k < count; ++k) into[position + k] += factor * from[pixel + k * stride];
                });
            }
        });
    });
}

template <class T>
void depthwise_adjoint_input(const ConvolutionGeometry& geometry, const T* out, const T* weight, const T* bias, T* x) {
    const std::int64_t filters = geometry.out_channels, stride = geometry.stride.width;
    parallel_for(geometry.images * geometry.groups, planes_per_chunk(geometry, filters), [&](std::int64_t begin, std::int64_t end) {
        run_vectorized([&] {
            for (std::int64_t plane = begin; plane < end; ++plane) {
                const std::int64_t channel = plane % geometry.groups;
                T* into = x + plane * geometry.pixels();
                fill(into, geometry.pixels(), bias != nullptr ? bias[channel] : T(0));
                for (std::int64_t filter = 0; filter < filters; ++filter) {
                    const T* from = out + (plane * filters + filter) * geometry.positions();
                    const T* taps = weight + (channel * filters + filter) * geometry.taps();
                    for_each_run(geometry, [&](std::int64_t tap, std::int64_t pixel, std::int64_t position, std::int64_t count) {
                        const T factor = taps[tap];
                        if (stride == 1)
                            for (std::int64_t k = 0; k < count; ++k) into[pixel + k] += factor * from[position + k];
                        else
                            for (std::int64_t k = 0; k < count; ++k) into[pixel + k * stride] += factor * from[position + k];
                    });
                }
            }
        });
    });
}

template <class T>
void depthwise_adjoint_weight(const ConvolutionGeometry& geometry, const T* x, const T* out, T* weight) {
    const std::int64_t channels = geometry.groups * geometry.out_channels, stride = geometry.stride.width;
    parallel_chunks(channels, [&](std::int64_t channel) {
        run_vectorized([&] {
            T* taps = weight + channel * geometry.taps();
            fill(taps, geometry.taps(), T(0));
            for (std::int64_t image = 0; image < geometry.images; ++image) {
                const T* from = x + (image * geometry.groups + channel / geometry.out_channels) * geometry.pixels();
                const T* upstream = out + (image * channels + channel) * geometry.positions();
                for_each_run(geometry, [&](std::int64_t tap, std::int64_t pixel, std::int64_t position, std::int64_t count) {
                    taps[tap] +=
                        stride == 1 ? strided_dot(from + pixel, 1, upstream + position, count) : strided_dot(from + pixel, stride, upstream + position, count);
                });
            }
        });
    });
}

template void depthwise_convolve(const ConvolutionGeometry&, const float*, const float*, const float*, float*);
template void depthwise_convolve(const ConvolutionGeometry&, const double*, const double*, const double*, double*);
template void depthwise_adjoint_input(const ConvolutionGeometry&, const float*, const float*, const float*, float*);
template void depthwise_adjoint_input(const ConvolutionGeometry&, const double*, const double*, const double*, double*);
template void depthwise_adjoint_weight(const ConvolutionGeometry&, const float*, const float*, float*);
template void depthwise_adjoint_weight(const ConvolutionGeometry&, const double*, const double*, double*);

}  // namespace knoll::kernels
