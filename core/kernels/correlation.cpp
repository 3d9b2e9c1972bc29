#include <knoll/core/error.h>
#include <knoll/core/kernels/correlation.h>
#include <knoll/core/kernels/integers.h>
#include <knoll/core/kernels/simd.h>
#include <knoll/core/kernels/tile_product.h>

#include <limits>
#include <numeric>

namespace knoll::kernels {

namespace {

constexpr std::int64_t band_bytes = 192 * std::int64_t{1024};
constexpr std::int64_t correlation_flops_per_chunk = 500'000;
constexpr std::int64_t wanted_chunks = 16;  // enough to keep any number of threads busy that such work is worth
constexpr std::int64_t cache_line = 64;

std::int64_t at_least_1(std::int64_t a) { return std::max<std::int64_t>(1, a); }
std::int64_t whole_tiles(std::int64_t rows) { return round_up(rows, tile_rows); }

// An odd number of cache lines from plane to plane: else planes of a power of two would all meet in a few sets of the cache.
std::int64_t spread_planes(std::int64_t elements, std::int64_t per_line) { return (ceil_div(elements, per_line) | 1) * per_line; }

std::int64_t height_of_bands(const Axis& rows, std::int64_t row_bytes, std::int64_t images, std::int64_t flops) {
    const std::int64_t in_cache = (band_bytes / at_least_1(row_bytes) - rows.span() - 1) / rows.source_step + 1;
    const std::int64_t wanted = ceil_div(rows.count, ceil_div(wanted_chunks, at_least_1(images)));
    const std::int64_t worth_a_thread = ceil_div(correlation_flops_per_chunk, at_least_1(flops));
    return std::clamp<std::int64_t>(std::min(in_cache, std::max(wanted, worth_a_thread)), 1, at_least_1(rows.count));
}

template <class T>
void copy_row(const T* from, std::int64_t count, T* into) {
    for (std::int64_t i = 0; i < count; ++i) into[i] = from[i];
}

template <class T>
void clear_row(std::int64_t count, T* into) {
    for (std::int64_t i = 0; i < count; ++i) into[i] = T(0);
}

}  // namespace

Axis convolution_axis(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride, std::int64_t padding, std::int64_t dilation) {
    return {.source = in, .out = out, .count = out, .source_step = stride, .offset = -padding, .offset_step = dilation, .taps = kernel};
}

Axis adjoint_axis(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride, std::int64_t padding, std::int64_t dilation,
                  std::int64_t remainder) {
    const std::int64_t tap_step = stride / std::gcd(stride, dilation);
    std::int64_t tap = 0;
    while (tap < tap_step && (remainder + padding - tap * dilation) % stride != 0) ++tap;
    const bool reached = tap < std::min(tap_step, kernel);
    return {.source = out,
            .out = in,
            .first = remainder,
            .step = stride,
            .count = in > remainder ? ceil_div(in - remainder, stride) : 0,
            .offset = reached ? (remainder + padding - tap * dilation) / stride : 0,
            .offset_step = -(tap_step * dilation / stride),
            .tap = tap,
            .tap_step = tap_step,
            .taps = reached ? ceil_div(kernel - tap, tap_step) : 0};
}

Bands::Bands(const Axis& rows, const Axis& columns, std::int64_t channels, std::int64_t images, std::int64_t flops, std::size_t element)
    : rows_(rows),
      columns_(columns),
      channels_(channels),
      height_(height_of_bands(rows, channels * columns.reach(columns.count) * static_cast<std::int64_t>(element), images, flops)),
      count_(ceil_div(rows.count, height_)),
      per_chunk_(at_least_1(correlation_flops_per_chunk / at_least_1(flops * height_))),
      width_(columns.reach(columns.count)),
      plane_(spread_planes(rows.reach(height_) * width_, cache_line / static_cast<std::int64_t>(element))),
      position_offsets_(whole_tiles(most_positions())),
      tap_offsets_(whole_tiles(depth())) {
    require<ShapeError>(elements() <= std::numeric_limits<std::int32_t>::max(), "[conv2d] expected rows of images with less than 2^31 values, got ",
                        elements());
    std::fill_n(position_offsets_.data(), whole_tiles(most_positions()), 0);
    std::fill_n(tap_offsets_.data(), whole_tiles(depth()), 0);
    std::int32_t* position = position_offsets_.data();
    for (std::int64_t y = 0; y < height_; ++y)
        for (std::int64_t x = 0; x < columns.count; ++x) *position++ = static_cast<std::int32_t>(y * rows.source_step * width_ + x * columns.source_step);
    std::int32_t* tap = tap_offsets_.data();
    for (std::int64_t channel = 0; channel < channels; ++channel)
        for (std::int64_t i = 0; i < rows.taps; ++i)
            for (std::int64_t j = 0; j < columns.taps; ++j) {
                const std::int64_t row = rows.offset + i * rows.offset_step - rows.lowest(),
                                   column = columns.offset + j * columns.offset_step - columns.lowest();
                *tap++ = static_cast<std::int32_t>(channel * plane_ + row * width_ + column);
            }
}

template <class T>
void Bands::fill(std::int64_t band, const T* planes, T* into) const {
    const std::int64_t outputs = std::min(height_, rows_.count - begin(band));
    const std::int64_t top = begin(band) * rows_.source_step + rows_.lowest(), bottom = top + rows_.reach(outputs);
    const std::int64_t left = std::clamp<std::int64_t>(-columns_.lowest(), 0, width_);  // columns of padding
    const std::int64_t inside = std::clamp<std::int64_t>(columns_.source - columns_.lowest(), left, width_);
    const std::int64_t channels = channels_, plane = plane_, width = width_, height = rows_.source, source_width = columns_.source;
    const std::int64_t column = columns_.lowest() + left;
    run_vectorized([=] {
        for (std::int64_t channel = 0; channel < channels; ++channel) {
            T* row = into + channel * plane;
            for (std::int64_t y = top; y < bottom; ++y, row += width) {
                if (y < 0 || y >= height) {
                    clear_row(width, row);
                    continue;
                }
                clear_row(left, row);
                copy_row(planes + (channel * height + y) * source_width + column, inside - left, row + left);
                clear_row(width - inside, row + inside);
            }
        }
    });
}

template void Bands::fill(std::int64_t, const float*, float*) const;
template void Bands::fill(std::int64_t, const double*, double*) const;

}  // namespace knoll::kernels
