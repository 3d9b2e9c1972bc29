#include <knoll/core/kernels/order.h>
#include <knoll/core/parallel.h>

#include <algorithm>
#include <array>
#include <type_traits>
#include <vector>

namespace knoll::kernels {

namespace {

constexpr std::int64_t columns_at_a_time = 64;

template <class T>
struct Entry {
    T value;
    std::int64_t index;
};

template <class T>
bool less(T a, T b) {
    if constexpr (std::is_floating_point_v<T>)
        return a < b || (b != b && a == a);
    else
        return a < b;
}

// The first entries in order, at the front; positions decide between equals, which makes any sort a stable one.
template <class T>
void sort_front(std::vector<Entry<T>>& entries, std::int64_t count, bool descending) {
    const auto comes_before = [descending](const Entry<T>& a, const Entry<T>& b) {
        const T& first = descending ? b.value : a.value;
        const T& second = descending ? a.value : b.value;
        if (less(first, second)) return true;
        return !less(second, first) && a.index < b.index;
    };
    const auto middle = entries.begin() + count;
    if (middle != entries.end() && count > 0) std::nth_element(entries.begin(), middle, entries.end(), comes_before);
    std::sort(entries.begin(), middle, comes_before);
}

std::int64_t lines_per_chunk(std::int64_t line) { return std::max<std::int64_t>(1, elements_per_chunk / std::max<std::int64_t>(line, 1)); }

}  // namespace

template <class T>
void sorted_indices(const T* x, std::int64_t outer, std::int64_t extent, std::int64_t inner, std::int64_t count, bool descending, std::int64_t* out) {
    parallel_for(outer * inner, lines_per_chunk(extent), [&](std::int64_t begin, std::int64_t end) {
        std::vector<Entry<T>> entries(static_cast<std::size_t>(extent));
        for (std::int64_t line = begin; line < end; ++line) {
            const std::int64_t o = line / inner, i = line % inner;
            for (std::int64_t k = 0; k < extent; ++k) entries[static_cast<std::size_t>(k)] = {x[(o * extent + k) * inner + i], k};
            sort_front(entries, count, descending);
            for (std::int64_t k = 0; k < count; ++k) out[(o * count + k) * inner + i] = entries[static_cast<std::size_t>(k)].index;
        }
    });
}

template <class T>
void running_sum(const T* x, std::int64_t outer, std::int64_t extent, std::int64_t inner, T* out) {
    using Accumulator = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;
    const std::int64_t tiles = (inner + columns_at_a_time - 1) / columns_at_a_time;
    parallel_for(outer * tiles, lines_per_chunk(extent * std::min(inner, columns_at_a_time)), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t job = begin; job < end; ++job) {
            const std::int64_t column = job % tiles * columns_at_a_time;
            const std::int64_t columns = std::min(columns_at_a_time, inner - column);
            std::array<Accumulator, columns_at_a_time> total{};
            for (std::int64_t k = 0; k < extent; ++k) {
                const std::int64_t at = (job / tiles * extent + k) * inner + column;
                for (std::int64_t i = 0; i < columns; ++i) {
                    Accumulator& sum = total[static_cast<std::size_t>(i)];
                    sum += static_cast<Accumulator>(x[at + i]);
                    out[at + i] = static_cast<T>(sum);
                }
            }
        }
    });
}

template void sorted_indices(const float*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, bool, std::int64_t*);
template void sorted_indices(const double*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, bool, std::int64_t*);
template void sorted_indices(const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, bool, std::int64_t*);
template void sorted_indices(const std::uint8_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, bool, std::int64_t*);
template void running_sum(const float*, std::int64_t, std::int64_t, std::int64_t, float*);
template void running_sum(const double*, std::int64_t, std::int64_t, std::int64_t, double*);
template void running_sum(const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t*);

}  // namespace knoll::kernels
