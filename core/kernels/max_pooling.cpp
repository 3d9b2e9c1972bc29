#include <knoll/core/kernels/pooling.h>
#include <knoll/core/kernels/simd.h>
#include <knoll/core/parallel.h>

#include <algorithm>
#include <array>
#include <type_traits>

namespace knoll::kernels {

namespace {

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

// How far apart the pixels of neighbouring windows lie. Lanes without a window repeat the last one.
template <class T>
struct LaneOffsets {
    LaneOffsets(std::int64_t windows, std::int64_t stride) : count(windows) {
        for (std::int64_t l = 0; l < lanes; ++l) {
            apart[static_cast<std::size_t>(l)] = std::clamp<std::int64_t>(windows - 1, 0, l) * stride;
            offset[l] = static_cast<LaneIndex<T>>(apart[static_cast<std::size_t>(l)]);
        }
    }

    std::int64_t count;
    std::array<std::int64_t, lanes> apart;
    Lanes<LaneIndex<T>> offset{};
};

// Up to eight neighbouring windows that lie inside the plane from left to right, by the same rule. Vector types, because
// compilers do not vectorise loops over pixels with gaps between them.
template <class T>
void pool_lanes(const T* plane, std::int64_t width, const Clipped& first, const LaneOffsets<T>& windows, T* out, std::int32_t* position) {
    using Index = LaneIndex<T>;
    const std::array<std::int64_t, lanes> apart = windows.apart;
    const auto load = [&](const T* from, Lanes<T>& into) {
        into = Lanes<T>{from[apart[0]], from[apart[1]], from[apart[2]], from[apart[3]], from[apart[4]], from[apart[5]], from[apart[6]], from[apart[7]]};
    };
    const std::int64_t corner = first.top * width + first.left;
    Lanes<T> best{}, value{};
    load(plane + corner, best);
    Lanes<Index> where = windows.offset + static_cast<Index>(corner);
    for (std::int64_t row = first.top; row < first.bottom; ++row)
        for (std::int64_t pixel = row * width + first.left; pixel < row * width + first.right; ++pixel) {
            load(plane + pixel, value);
            const auto wins = (best == best) & ~(value <= best);
            best = wins ? value : best;
            where = wins ? windows.offset + static_cast<Index>(pixel) : where;
        }
    for (std::int64_t l = 0; l < windows.count; ++l) {
        out[l] = best[l];
        position[l] = static_cast<std::int32_t>(where[l]);
    }
}

// Pools one row of windows after another: eight at a time, and one by one where padding clips them at the sides.
template <class T>
class RowPooling {
public:
    explicit RowPooling(const MaxPooling& pooling) : pooling_(pooling), stride_(pooling.stride.width), full_(lanes, stride_), rest_(0, stride_) {
        const std::int64_t right = pooling_.in.width + pooling_.padding.width - pooling_.kernel.width;
        begin_ = std::min(pooling_.out.width, (pooling_.padding.width + stride_ - 1) / stride_);
        end_ = right < 0 ? begin_ : std::max(begin_, right / stride_ + 1);
        rest_ = LaneOffsets<T>((end_ - begin_) % lanes, stride_);
    }

    void operator()(const T* plane, std::int64_t y, T* out, std::int32_t* position) const {
        const auto one = [&](std::int64_t x) { pool_window(plane, pooling_.in.width, window(x, y), out + x, position + x); };
        const auto several = [&](std::int64_t x, const LaneOffsets<T>& windows) {
            pool_lanes(plane, pooling_.in.width, window(x, y), windows, out + x, position + x);
        };
        std::int64_t x = 0;
        for (; x < begin_; ++x) one(x);
        for (; x + lanes <= end_; x += lanes) several(x, full_);
        if (x < end_) several(x, rest_);
        for (x = end_; x < pooling_.out.width; ++x) one(x);
    }

private:
    Clipped window(std::int64_t x, std::int64_t y) const {
        const std::int64_t top = y * pooling_.stride.height - pooling_.padding.height, left = x * stride_ - pooling_.padding.width;
        return {std::max<std::int64_t>(0, top), std::min(pooling_.in.height, top + pooling_.kernel.height), std::max<std::int64_t>(0, left),
                std::min(pooling_.in.width, left + pooling_.kernel.width)};
    }

    MaxPooling pooling_;
    std::int64_t stride_;
    std::int64_t begin_, end_;  // of the windows that are not clipped at the left or the right
    LaneOffsets<T> full_, rest_;
};

// The commonest pooling, windows of 2x2 side by side in float: eight windows are the even and odd elements of two rows of sixteen.
bool is_halving(const MaxPooling& pooling) {
    return pooling.kernel == Size2(2) && pooling.stride == Size2(2) && pooling.padding == Size2(0) && pooling.out.width >= lanes;
}

[[gnu::always_inline]] inline void halve_windows(const float* plane, std::int64_t width, std::int32_t corner, float* out, std::int32_t* position) {
    using Index = Vector<std::int32_t>;
    constexpr Index even{0, 2, 4, 6, 8, 10, 12, 14};
    Vector<float> best{};
    Index where{};
    for (std::int32_t row = 0; row < 2; ++row) {
        const auto begin = corner + row * static_cast<std::int32_t>(width);
        Vector<float> first, second;
        load(plane + begin, first);
        load(plane + begin + lanes, second);
        const Vector<float> pixels[2] = {__builtin_shufflevector(first, second, 0, 2, 4, 6, 8, 10, 12, 14),
                                         __builtin_shufflevector(first, second, 1, 3, 5, 7, 9, 11, 13, 15)};
        for (std::int32_t side = 0; side < 2; ++side) {
            const Vector<float> value = pixels[side];
            const auto wins = (best == best) & ~(value <= best);
            const bool is_first = row == 0 && side == 0;
            best = is_first ? value : wins ? value : best;
            where = is_first ? even + corner : wins ? even + (begin + side) : where;
        }
    }
    store(out, best);
    store(position, where);
}

// The last windows of a row overlap those before, so that all are eight.
void halve_plane(const MaxPooling& pooling, const float* plane, float* out, std::int32_t* position) {
    const std::int64_t width = pooling.in.width, count = pooling.out.width;
    for (std::int64_t y = 0; y < pooling.out.height; ++y)
        for (std::int64_t next = 0; next < count; next += lanes) {
            const std::int64_t x = std::min(next, count - lanes);
            halve_windows(plane, width, static_cast<std::int32_t>(2 * (y * width + x)), out + y * count + x, position + y * count + x);
        }
}

}  // namespace

template <class T>
void max_pool(const MaxPooling& pooling, const T* x, T* out, std::int32_t* position) {
    const std::int64_t pixels = pooling.in.height * pooling.in.width, positions = pooling.out.height * pooling.out.width;
    parallel_for(pooling.planes, planes_per_chunk(pixels), [&](std::int64_t begin, std::int64_t end) {
        run_vectorized([&] {
            if constexpr (std::is_same_v<T, float>)
                if (is_halving(pooling)) {
                    for (std::int64_t plane = begin; plane < end; ++plane)
                        halve_plane(pooling, x + plane * pixels, out + plane * positions, position + plane * positions);
                    return;
                }
            const RowPooling<T> pool_row(pooling);
            for (std::int64_t plane = begin; plane < end; ++plane)
                for (std::int64_t y = 0; y < pooling.out.height; ++y) {
                    const std::int64_t row = plane * positions + y * pooling.out.width;
                    pool_row(x + plane * pixels, y, out + row, position + row);
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
