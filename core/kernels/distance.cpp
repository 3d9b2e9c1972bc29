#include <knoll/core/kernels/distance.h>
#include <knoll/core/kernels/simd.h>
#include <knoll/core/parallel.h>

#include <algorithm>
#include <array>

namespace knoll::kernels {

namespace {

constexpr std::int64_t differences_per_chunk = 65536;

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

template void squared_distances(std::int64_t, std::int64_t, std::int64_t, const float*, const float*, float*);
template void squared_distances(std::int64_t, std::int64_t, std::int64_t, const double*, const double*, double*);

}  // namespace knoll::kernels
