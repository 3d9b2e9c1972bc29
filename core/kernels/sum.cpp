#include <knoll/core/kernels/simd.h>
#include <knoll/core/kernels/sum.h>
#include <knoll/core/parallel.h>

#include <algorithm>
#include <array>
#include <type_traits>
#include <vector>

namespace knoll::kernels {

namespace {

template <class T>
using Accumulator = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;

constexpr std::int64_t chunk_elements = 32768;
constexpr std::int64_t tile_columns = 128;

// The sum of consecutive elements, in eight lanes.
template <class T>
Accumulator<T> sum_row(const T* x, std::int64_t count) {
    Accumulator<T> total = 0;
    run_vectorized([x, count, &total] {
        constexpr std::int64_t lanes = 8;
        std::array<Accumulator<T>, lanes> lane{};
        std::int64_t i = 0;
        for (; i + lanes <= count; i += lanes)
            for (std::int64_t l = 0; l < lanes; ++l) lane[static_cast<std::size_t>(l)] += static_cast<Accumulator<T>>(x[i + l]);
        Accumulator<T> rest = 0;
        for (; i < count; ++i) rest += static_cast<Accumulator<T>>(x[i]);
        for (const Accumulator<T> value : lane) rest += value;
        total = rest;
    });
    return total;
}

template <class T>
void sum_rows(const T* x, std::int64_t outer, std::int64_t reduced, T* out) {
    if (reduced <= chunk_elements) {
        parallel_for(outer, std::max<std::int64_t>(1, chunk_elements / std::max<std::int64_t>(reduced, 1)), [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t o = begin; o < end; ++o) out[o] = static_cast<T>(sum_row(x + o * reduced, reduced));
        });
        return;
    }
    const std::int64_t chunks = (reduced + chunk_elements - 1) / chunk_elements;
    std::vector<Accumulator<T>> partial(static_cast<std::size_t>(outer * chunks));
    parallel_chunks(outer * chunks, [&](std::int64_t job) {
        const std::int64_t begin = job % chunks * chunk_elements;
        partial[static_cast<std::size_t>(job)] = sum_row(x + job / chunks * reduced + begin, std::min(chunk_elements, reduced - begin));
    });
    for (std::int64_t o = 0; o < outer; ++o) out[o] = static_cast<T>(sum_row(partial.data() + o * chunks, chunks));
}

// Adds rows [begin, end) of a tile of columns into doubles.
template <class T>
void add_rows(const T* x, std::int64_t begin, std::int64_t end, std::int64_t inner, std::int64_t columns, Accumulator<T>* into) {
    run_vectorized([=] {
        for (std::int64_t r = begin; r < end; ++r) {
            const T* row = x + r * inner;
            for (std::int64_t c = 0; c < columns; ++c) into[c] += static_cast<Accumulator<T>>(row[c]);
        }
    });
}

template <class T>
void sum_columns(const T* x, std::int64_t outer, std::int64_t reduced, std::int64_t inner, T* out) {
    const std::int64_t tiles = (inner + tile_columns - 1) / tile_columns;
    const std::int64_t rows_per_chunk = std::max<std::int64_t>(1, chunk_elements / std::min(inner, tile_columns));
    const std::int64_t chunks = std::max<std::int64_t>(1, (reduced + rows_per_chunk - 1) / rows_per_chunk);
    std::vector<Accumulator<T>> partial(static_cast<std::size_t>(chunks > 1 ? outer * chunks * inner : 0));
    parallel_chunks(outer * tiles * chunks, [&](std::int64_t job) {
        const std::int64_t chunk = job % chunks;
        const std::int64_t tile = job / chunks % tiles;
        const std::int64_t o = job / chunks / tiles;
        const std::int64_t column = tile * tile_columns;
        const std::int64_t columns = std::min(tile_columns, inner - column);
        std::array<Accumulator<T>, tile_columns> sums{};
        add_rows(x + o * reduced * inner + column, chunk * rows_per_chunk, std::min(reduced, (chunk + 1) * rows_per_chunk), inner, columns, sums.data());
        for (std::int64_t c = 0; c < columns; ++c) {
            if (chunks > 1)
                partial[static_cast<std::size_t>((o * chunks + chunk) * inner + column + c)] = sums[static_cast<std::size_t>(c)];
            else
                out[o * inner + column + c] = static_cast<T>(sums[static_cast<std::size_t>(c)]);
        }
    });
    if (chunks > 1)
        for (std::int64_t o = 0; o < outer; ++o)
            for (std::int64_t c = 0; c < inner; ++c) {
                Accumulator<T> total = 0;
                for (std::int64_t chunk = 0; chunk < chunks; ++chunk) total += partial[static_cast<std::size_t>((o * chunks + chunk) * inner + c)];
                out[o * inner + c] = static_cast<T>(total);
            }
}

}  // namespace

template <class T>
void sum_middle(const T* x, std::int64_t outer, std::int64_t reduced, std::int64_t inner, T* out) {
    if (outer == 0 || inner == 0) return;
    if (inner == 1)
        sum_rows(x, outer, reduced, out);
    else
        sum_columns(x, outer, reduced, inner, out);
}

template void sum_middle(const float*, std::int64_t, std::int64_t, std::int64_t, float*);
template void sum_middle(const double*, std::int64_t, std::int64_t, std::int64_t, double*);
template void sum_middle(const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t*);

}  // namespace knoll::kernels
