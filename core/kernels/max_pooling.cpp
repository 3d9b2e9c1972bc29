#include <knoll/core/kernels/pooling.h>
#include <knoll/core/kernels/simd.h>
#include <knoll/core/parallel.h>

#include <algorithm>
#include <limits>

namespace knoll::kernels {

namespace {

constexpr std::int64_t elements_per_chunk = 16384;

std::int64_t planes_per_chunk(std::int64_t elements) { return std::max<std::int64_t>(1, elements_per_chunk / std::max<std::int64_t>(1, elements)); }

// Lets the pixels from, from + stride, ... compete with the best of their windows. A pixel wins if it is larger or NaN, and
// against a NaN none does. Written with selects alone, so that it vectorises.
template <class T>
void compete(const T* from, std::int64_t stride, std::int32_t first, std::int64_t count, T* best, std::int32_t* position) {
    const auto step = static_cast<std::int32_t>(stride);
    for (std::int64_t k = 0; k < count; ++k) {
        const T value = from[k * stride];
        const T leader = best[k];
        const bool wins = (leader == leader) & !(value <= leader);
        best[k] = wins ? value : leader;
        position[k] = wins ? first + static_cast<std::int32_t>(k) * step : position[k];
    }
}

// The first pixel of a window, padding aside, stands for it until a larger one comes: all may be -inf.
template <class T>
void start_row(const MaxPooling& pooling, std::int64_t y, T* best, std::int32_t* position) {
    const std::int64_t row = std::max<std::int64_t>(0, y * pooling.stride.height - pooling.padding.height);
    for (std::int64_t k = 0; k < pooling.out.width; ++k) {
        const std::int64_t column = std::max<std::int64_t>(0, k * pooling.stride.width - pooling.padding.width);
        best[k] = -std::numeric_limits<T>::infinity();
        position[k] = static_cast<std::int32_t>(row * pooling.in.width + column);
    }
}

template <class T>
void pool_row(const MaxPooling& pooling, const T* plane, std::int64_t y, T* best, std::int32_t* position) {
    start_row(pooling, y, best, position);
    const std::int64_t top = y * pooling.stride.height - pooling.padding.height, stride = pooling.stride.width;
    for (std::int64_t row = std::max<std::int64_t>(0, top); row < std::min(pooling.in.height, top + pooling.kernel.height); ++row)
        for (std::int64_t j = 0; j < pooling.kernel.width; ++j) {
            const std::int64_t offset = j - pooling.padding.width;
            const std::int64_t begin = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
            const std::int64_t end = offset >= pooling.in.width ? 0 : std::min(pooling.out.width, (pooling.in.width - 1 - offset) / stride + 1);
            if (begin >= end) continue;
            const std::int64_t first = row * pooling.in.width + begin * stride + offset;
            if (stride == 1)
                compete(plane + first, 1, static_cast<std::int32_t>(first), end - begin, best + begin, position + begin);
            else if (stride == 2)
                compete(plane + first, 2, static_cast<std::int32_t>(first), end - begin, best + begin, position + begin);
            else
                compete(plane + first, stride, static_cast<std::int32_t>(first), end - begin, best + begin, position + begin);
        }
}

}  // namespace

template <class T>
void max_pool(const MaxPooling& pooling, const T* x, T* out, std::int32_t* position) {
    const std::int64_t pixels = pooling.in.height * pooling.in.width, positions = pooling.out.height * pooling.out.width;
    parallel_for(pooling.planes, planes_per_chunk(pixels), [&](std::int64_t begin, std::int64_t end) {
        run_vectorized([&] {
            for (std::int64_t plane = begin; plane < end; ++plane)
                for (std::int64_t y = 0; y < pooling.out.height; ++y) {
                    const std::int64_t row = plane * positions + y * pooling.out.width;
                    pool_row(pooling, x + plane * pixels, y, out + row, position + row);
                }
        });
    });
}

template <class T>
void gather_planes(std::int64_t planes, std::int64_t pixels, std::int64_t positions, const T* x, const std::int32_t* position, T* out) {
    parallel_for(planes, planes_per_chunk(positions), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t plane = begin; plane < end; ++plane)
            for (std::int64_t k = plane * positions; k < (plane + 1) * positions; ++k) out[k] = x[plane * pixels + position[k]];
    });
}

template <class T>
void scatter_planes(std::int64_t planes, std::int64_t pixels, std::int64_t positions, const T* out, const std::int32_t* position, T* x) {
    parallel_for(planes, planes_per_chunk(pixels), [&](std::int64_t begin, std::int64_t end) {
        std::fill(x + begin * pixels, x + end * pixels, T(0));
        for (std::int64_t plane = begin; plane < end; ++plane)
            for (std::int64_t k = plane * positions; k < (plane + 1) * positions; ++k) x[plane * pixels + position[k]] += out[k];
    });
}

template void max_pool(const MaxPooling&, const float*, float*, std::int32_t*);
template void max_pool(const MaxPooling&, const double*, double*, std::int32_t*);
template void gather_planes(std::int64_t, std::int64_t, std::int64_t, const float*, const std::int32_t*, float*);
template void gather_planes(std::int64_t, std::int64_t, std::int64_t, const double*, const std::int32_t*, double*);
template void scatter_planes(std::int64_t, std::int64_t, std::int64_t, const float*, const std::int32_t*, float*);
template void scatter_planes(std::int64_t, std::int64_t, std::int64_t, const double*, const std::int32_t*, double*);

}  // namespace knoll::kernels
