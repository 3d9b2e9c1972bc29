// Convolution by matrix products. An image is cut into tiles of output rows whose columns stay in the second-level cache;
// each tile is one product in one thread, and the tiles of all images and groups share the threads. Columns are never kept:
// the adjoint in the weight makes them again. A pointwise convolution needs none: the image is its own matrix of columns.
#include <knoll/core/kernels/convolution.h>
#include <knoll/core/kernels/depthwise.h>
#include <knoll/core/kernels/gemm.h>
#include <knoll/core/kernels/im2col.h>
#include <knoll/core/kernels/scratch.h>
#include <knoll/core/parallel.h>

namespace knoll::kernels {

namespace {

constexpr std::int64_t tile_bytes = 256 * std::int64_t{1024};
constexpr std::int64_t least_positions = 128;  // fewer, and each product spends its time on arranging the weights
constexpr std::int64_t flops_per_chunk = 500'000;
constexpr std::int64_t wanted_chunks = 16;            // enough to keep any number of threads busy that such work is worth
constexpr std::int64_t partial_elements = 4'000'000;  // the most that partial sums of weights may take

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// The tiles of one image, and the columns that one of them has.
template <class T>
struct Tiling {
    explicit Tiling(const ConvolutionGeometry& geometry) : geometry(geometry) {
        const std::int64_t row_bytes = std::max<std::int64_t>(1, geometry.fan_in() * geometry.out.width) * static_cast<std::int64_t>(sizeof(T));
        const std::int64_t enough = ceil_div(least_positions, std::max<std::int64_t>(1, geometry.out.width));
        rows = std::clamp<std::int64_t>(std::max(tile_bytes / row_bytes, enough), 1, std::max<std::int64_t>(1, geometry.out.height));
        count = ceil_div(geometry.out.height, rows);
    }
    OutputRows tile(std::int64_t index) const { return {index * rows, std::min(geometry.out.height, (index + 1) * rows)}; }
    std::int64_t column_elements(std::int64_t channels) const { return geometry.is_pointwise() ? 0 : channels * geometry.taps() * rows * geometry.out.width; }

    const ConvolutionGeometry& geometry;
    std::int64_t rows;
    std::int64_t count;
};

// A matrix of columns: made in the scratch memory, or found in the image.
template <class T>
struct Columns {
    const T* data;
    std::int64_t row_stride;
};

template <class T>
Columns<T> make_columns(const ConvolutionGeometry& geometry, const T* planes, std::int64_t channels, OutputRows rows, const Scratch<T>& scratch) {
    if (geometry.is_pointwise()) return {planes + rows.begin * geometry.out.width, geometry.positions()};
    im2col(geometry, planes, channels, rows, scratch.data());
    return {scratch.data(), rows.count() * geometry.out.width};
}

// Cuts the channels of a group where images and groups alone make too few chunks.
struct ChannelBlocks {
    ChannelBlocks(const ConvolutionGeometry& geometry, std::int64_t chunks)
        : channels(geometry.in_channels),
          size(std::max<std::int64_t>(1, ceil_div(channels, ceil_div(wanted_chunks, std::max<std::int64_t>(1, chunks))))),
          count(ceil_div(channels, size)) {}
    std::int64_t begin(std::int64_t block) const { return block * size; }
    std::int64_t extent(std::int64_t block) const { return std::min(size, channels - block * size); }

    std::int64_t channels, size, count;
};

template <class T>
void fill_rows(T* into, std::int64_t rows, std::int64_t row_stride, std::int64_t count, const T* values) {
    for (std::int64_t row = 0; row < rows; ++row) std::fill_n(into + row * row_stride, count, values != nullptr ? values[row] : T(0));
}

}  // namespace

template <class T>
void convolve(const ConvolutionGeometry& geometry, const T* x, const T* weight, const T* bias, T* out) {
    if (geometry.is_depthwise()) {
        depthwise_convolve(geometry, x, weight, bias, out);
        return;
    }
    const Tiling<T> tiling(geometry);
    const std::int64_t fan_in = geometry.fan_in(), filters = geometry.out_channels, positions = geometry.positions();
    const std::int64_t tile_flops = 2 * filters * fan_in * tiling.rows * geometry.out.width;
    const std::int64_t grain = std::max<std::int64_t>(1, flops_per_chunk / std::max<std::int64_t>(1, tile_flops));
    parallel_for(geometry.images * geometry.groups * tiling.count, grain, [&](std::int64_t begin, std::int64_t end) {
        const Scratch<T> scratch(tiling.column_elements(geometry.in_channels));
        for (std::int64_t job = begin; job < end; ++job) {
            const std::int64_t image_group = job / tiling.count, group = image_group % geometry.groups;
            const OutputRows rows = tiling.tile(job % tiling.count);
            const std::int64_t columns_count = rows.count() * geometry.out.width;
            const Columns<T> columns = make_columns(geometry, x + image_group * geometry.in_channels * geometry.pixels(), geometry.in_channels, rows, scratch);
            T* into = out + image_group * filters * positions + rows.begin * geometry.out.width;
            if (bias != nullptr) fill_rows(into, filters, positions, columns_count, bias + group * filters);
            gemm<T>({.m = filters, .n = columns_count, .k = fan_in, .lda = fan_in, .ldb = columns.row_stride, .ldc = positions}, 1,
                    weight + group * filters * fan_in, columns.data, bias != nullptr ? T(1) : T(0), into);
        }
    });
}

template <class T>
void convolve_adjoint_input(const ConvolutionGeometry& geometry, const T* out, const T* weight, const T* bias, T* x) {
    if (geometry.is_depthwise()) {
        depthwise_adjoint_input(geometry, out, weight, bias, x);
        return;
    }
    const Tiling<T> tiling(geometry);
    const ChannelBlocks blocks(geometry, geometry.images * geometry.groups);
    const std::int64_t fan_in = geometry.fan_in(), filters = geometry.out_channels, pixels = geometry.pixels(), positions = geometry.positions();
    const std::int64_t block_flops = 2 * filters * blocks.size * geometry.taps() * positions;
    const std::int64_t grain = std::max<std::int64_t>(1, flops_per_chunk / std::max<std::int64_t>(1, block_flops));
    parallel_for(geometry.images * geometry.groups * blocks.count, grain, [&](std::int64_t begin, std::int64_t end) {
        const Scratch<T> scratch(tiling.column_elements(blocks.size));
        for (std::int64_t job = begin; job < end; ++job) {
            const std::int64_t image_group = job / blocks.count, group = image_group % geometry.groups;
            const std::int64_t first = blocks.begin(job % blocks.count), channels = blocks.extent(job % blocks.count);
            const T* from = out + image_group * filters * positions;
            const T* taps = weight + group * filters * fan_in + first * geometry.taps();
            T* planes = x + (image_group * geometry.in_channels + first) * pixels;
            const bool filled = bias != nullptr || !geometry.is_pointwise();
            if (filled) fill_rows(planes, channels, pixels, pixels, bias != nullptr ? bias + group * geometry.in_channels + first : nullptr);
            for (std::int64_t index = 0; index < tiling.count; ++index) {
                const OutputRows rows = tiling.tile(index);
                const std::int64_t offset = rows.begin * geometry.out.width, count = rows.count() * geometry.out.width;
                Gemm shape{.m = channels * geometry.taps(), .n = count, .k = filters, .transpose_a = true, .lda = fan_in, .ldb = positions, .ldc = count};
                if (geometry.is_pointwise()) {
                    shape.ldc = pixels;
                    gemm<T>(shape, 1, taps, from + offset, filled ? T(1) : T(0), planes + offset);
                } else {
                    gemm<T>(shape, 1, taps, from + offset, 0, scratch.data());
                    col2im(geometry, scratch.data(), channels, rows, planes);
                }
            }
        }
    });
}

template <class T>
void convolve_adjoint_weight(const ConvolutionGeometry& geometry, const T* x, const T* out, T* weight) {
    if (geometry.is_depthwise()) {
        depthwise_adjoint_weight(geometry, x, out, weight);
        return;
    }
    const Tiling<T> tiling(geometry);
    const std::int64_t fan_in = geometry.fan_in(), filters = geometry.out_channels, positions = geometry.positions(), weights = geometry.weights();
    const std::int64_t affordable = std::max<std::int64_t>(1, partial_elements / std::max<std::int64_t>(1, weights));
    const std::int64_t images_per_part = std::max<std::int64_t>(1, ceil_div(geometry.images, std::min(affordable, wanted_chunks)));
    const std::int64_t parts = std::max<std::int64_t>(1, ceil_div(geometry.images, images_per_part));
    const ChannelBlocks blocks(geometry, parts * geometry.groups);
    const Scratch<T> partial(parts * weights);
    parallel_chunks(parts * geometry.groups * blocks.count, [&](std::int64_t job) {
        const std::int64_t block = job % blocks.count, group = job / blocks.count % geometry.groups, part = job / blocks.count / geometry.groups;
        const std::int64_t first = blocks.begin(block), channels = blocks.extent(block);
        const Scratch<T> scratch(tiling.column_elements(channels));
        T* into = partial.data() + part * weights + group * filters * fan_in + first * geometry.taps();
        fill_rows<T>(into, filters, fan_in, channels * geometry.taps(), nullptr);
        for (std::int64_t image = part * images_per_part; image < std::min(geometry.images, (part + 1) * images_per_part); ++image) {
            const std::int64_t image_group = image * geometry.groups + group;
            const T* planes = x + (image_group * geometry.in_channels + first) * geometry.pixels();
            for (std::int64_t index = 0; index < tiling.count; ++index) {
                const OutputRows rows = tiling.tile(index);
                const Columns<T> columns = make_columns(geometry, planes, channels, rows, scratch);
                gemm<T>({.m = filters,
                         .n = channels * geometry.taps(),
                         .k = rows.count() * geometry.out.width,
                         .transpose_b = true,
                         .lda = positions,
                         .ldb = columns.row_stride,
                         .ldc = fan_in},
                        1, out + image_group * filters * positions + rows.begin * geometry.out.width, columns.data, 1, into);
            }
        }
    });
    parallel_for(weights, 16384, [&](std::int64_t begin, std::int64_t end) {
        std::copy(partial.data() + begin, partial.data() + end, weight + begin);
        for (std::int64_t part = 1; part < parts; ++part)
            for (std::int64_t k = begin; k < end; ++k) weight[k] += partial.data()[part * weights + k];
    });
}

template void convolve(const ConvolutionGeometry&, const float*, const float*, const float*, float*);
template void convolve(const ConvolutionGeometry&, const double*, const double*, const double*, double*);
template void convolve_adjoint_input(const ConvolutionGeometry&, const float*, const float*, const float*, float*);
template void convolve_adjoint_input(const ConvolutionGeometry&, const double*, const double*, const double*, double*);
template void convolve_adjoint_weight(const ConvolutionGeometry&, const float*, const float*, float*);
template void convolve_adjoint_weight(const ConvolutionGeometry&, const double*, const double*, double*);

}  // namespace knoll::kernels
