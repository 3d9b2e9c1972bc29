#include <knoll/core/kernels/pooling.h>
#include <knoll/core/kernels/simd.h>
#include <knoll/core/parallel.h>

#include <algorithm>
#include <type_traits>

namespace knoll::kernels {

namespace {

constexpr std::int64_t elements_per_chunk = 16384;

std::int64_t planes_per_chunk(std::int64_t elements) { return std::max<std::int64_t>(1, elements_per_chunk / std::max<std::int64_t>(1, elements)); }

// The part of a window that lies inside the plane.
struct Clipped {
    std::int64_t top, bottom, left, right;
};

// One window. A pixel wins if it is larger than the best so far or NaN; against a NaN none does.
template <class T>
void pool_window(const T* plane, std::int64_t width, const Clipped& window, T* out, std::int32_t* position) {
    std::int64_t best = window.top * width + window.left;
    for (std::int64_t row = window.top; row < window.bottom; ++row)
        for (std::int64_t pixel = row * width + window.left; pixel < row * width + window.right; ++pixel)
            if (plane[best] == plane[best] && !(plane[pixel] <= plane[best])) best = pixel;
    *out = plane[best];
    *position = static_cast<std::int32_t>(best);
}

constexpr std::int64_t lanes = 8;

template <class T>
using Lanes [[gnu::vector_size(lanes * sizeof(T))]] = T;
template <class T>
using LaneIndex = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

// Eight neighbouring windows that lie inside the plane from left to right, by the same rule. Vector types, because compilers
// do not vectorise loops over pixels with gaps between them.
template <class T>
void pool_lanes(const T* plane, std::int64_t width, const Clipped& first, std::int64_t stride, T* out, std::int32_t* position) {
    const auto load = [stride](const T* from, Lanes<T>& into) {
        into = Lanes<T>{from[0], from[stride], from[2 * stride], from[3 * stride], from[4 * stride], from[5 * stride], from[6 * stride], from[7 * stride]};
    };
    using Index = LaneIndex<T>;
    const auto s = static_cast<Index>(stride);
    const Lanes<Index> apart{0, s, 2 * s, 3 * s, 4 * s, 5 * s, 6 * s, 7 * s};
    const std::int64_t corner = first.top * width + first.left;
    Lanes<T> best, value;
    load(plane + corner, best);
    Lanes<Index> where = apart + static_cast<Index>(corner);
    for (std::int64_t row = first.top; row < first.bottom; ++row)
        for (std::int64_t pixel = row * width + first.left; pixel < row * width + first.right; ++pixel) {
            load(plane + pixel, value);
            const auto wins = (best == best) & ~(value <= best);
            best = wins ? value : best;
            where = wins ? apart + static_cast<Index>(pixel) : where;
        }
    for (std::int64_t l = 0; l < lanes; ++l) {
        out[l] = best[l];
        position[l] = static_cast<std::int32_t>(where[l]);
    }
}

template <class T>
void pool_row(const MaxPooling& pooling, const T* plane, std::int64_t y, T* out, std::int32_t* position) {
    const std::int64_t top = y * pooling.stride.height - pooling.padding.height, stride = pooling.stride.width;
    const auto window = [&](std::int64_t x) {
        const std::int64_t left = x * stride - pooling.padding.width;
        return Clipped{std::max<std::int64_t>(0, top), std::min(pooling.in.height, top + pooling.kernel.height), std::max<std::int64_t>(0, left),
                       std::min(pooling.in.width, left + pooling.kernel.width)};
    };
    const auto one = [&](std::int64_t x) { pool_window(plane, pooling.in.width, window(x), out + x, position + x); };
    // Windows begin .. end-1 are not clipped at the left or the right.
    const std::int64_t begin = (pooling.padding.width + stride - 1) / stride;
    const std::int64_t end = (pooling.in.width + pooling.padding.width - pooling.kernel.width) / stride + 1;
    if (end - begin < lanes) {
        for (std::int64_t x = 0; x < pooling.out.width; ++x) one(x);
        return;
    }
    for (std::int64_t x = 0; x < begin; ++x) one(x);
    for (std::int64_t x = begin; x < end; x += lanes) {
        const std::int64_t from = std::min(x, end - lanes);  // the last eight may overlap those before
        pool_lanes(plane, pooling.in.width, window(from), stride, out + from, position + from);
    }
    for (std::int64_t x = end; x < pooling.out.width; ++x) one(x);
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
