#include <knoll/core/kernels/distance.h>
#include <knoll/core/kernels/simd.h>
#include <knoll/core/parallel.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>

namespace knoll::kernels {

namespace {

constexpr std::int64_t differences_per_chunk = 65536;
constexpr std::int64_t distances_per_chunk = 16384;

template <class T>
T squared_distance(const T* a, const T* b, std::int64_t d) {
    constexpr std::int64_t lanes = 8;
    std::array<T, lanes> lane{};
    std::int64_t k = 0;
    for (; k + lanes <= d; k += lanes)
        for (std::int64_t l = 0; l < lanes; ++l) {
            const T difference = a[k + l] - b[k + l];
            lane[static_cast<std::size_t>(l)] += difference * difference;
        }
    T total = 0;
    for (; k < d; ++k) total += (a[k] - b[k]) * (a[k] - b[k]);
    for (const T value : lane) total += value;
    return total;
}

// Under the largest difference as a scale, where plain squares overflow or vanish.
template <class T>
T scaled_distance(const T* a, const T* b, std::int64_t d) {
    T largest = 0;
    for (std::int64_t k = 0; k < d; ++k) largest = std::max(largest, std::abs(a[k] - b[k]));
    if (largest == T(0) || !std::isfinite(largest)) return largest;
    T total = 0;
    for (std::int64_t k = 0; k < d; ++k) {
        const T quotient = (a[k] - b[k]) / largest;
        total += quotient * quotient;
    }
    return largest * std::sqrt(total);
}

// Sums of squares whose digits are all there.
template <class T>
bool is_ordinary(T square) {
    constexpr T smallest = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();
    return square >= smallest && square <= std::numeric_limits<T>::max();
}

}  // namespace

template <class T>
void squared_distances(std::int64_t m, std::int64_t n, std::int64_t d, const T* a, const T* b, T* out) {
    const std::int64_t grain = std::max<std::int64_t>(1, differences_per_chunk / std::max<std::int64_t>(1, n * d));
    parallel_for(m, grain, [&](std::int64_t begin, std::int64_t end) {
        run_vectorized([=] {
            for (std::int64_t row = begin; row < end; ++row)
                for (std::int64_t column = 0; column < n; ++column) out[row * n + column] = squared_distance(a + row * d, b + column * d, d);
        });
    });
}

template <class T>
bool distances(std::int64_t m, std::int64_t n, std::int64_t d, const T* a, const T* b, const T* squares, T* out) {
    std::atomic<bool> beyond{false};
    parallel_for(m, std::max<std::int64_t>(1, distances_per_chunk / std::max<std::int64_t>(1, n)), [&](std::int64_t begin, std::int64_t end) {
        run_vectorized([=] {
            for (std::int64_t i = begin * n; i < end * n; ++i) out[i] = std::sqrt(squares[i]);
        });
        for (std::int64_t i = begin * n; i < end * n; ++i) {
            if (is_ordinary(squares[i]) || squares[i] != squares[i]) continue;
            out[i] = scaled_distance(a + i / n * d, b + i % n * d, d);
            if (out[i] != T(0)) beyond.store(true, std::memory_order_relaxed);
        }
    });
    return beyond;
}

template bool distances(std::int64_t, std::int64_t, std::int64_t, const float*, const float*, const float*, float*);
template bool distances(std::int64_t, std::int64_t, std::int64_t, const double*, const double*, const double*, double*);
template void squared_distances(std::int64_t, std::int64_t, std::int64_t, const float*, const float*, float*);
template void squared_distances(std::int64_t, std::int64_t, std::int64_t, const double*, const double*, double*);

}  // namespace knoll::kernels
