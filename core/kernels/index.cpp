// What only reads at indices is cut wherever it suits. What adds there is cut along outer and inner alone: two elements
// that meet in one place belong to the same chunk, which adds them in order.
#include <knoll/core/kernels/index.h>
#include <knoll/core/parallel.h>

#include <algorithm>

namespace knoll::kernels {

namespace {

constexpr std::int64_t tile_columns = 256;

std::int64_t rows_per_chunk(std::int64_t row) { return std::max<std::int64_t>(1, elements_per_chunk / std::max<std::int64_t>(row, 1)); }

// Calls body(o, column, columns) for tiles of columns that cover inner, of every o.
template <class Body>
void for_column_tiles(std::int64_t outer, std::int64_t count, std::int64_t inner, const Body& body) {
    const std::int64_t tiles = (inner + tile_columns - 1) / tile_columns;
    parallel_for(outer * tiles, rows_per_chunk(count * std::min(inner, tile_columns)), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t job = begin; job < end; ++job) {
            const std::int64_t column = job % tiles * tile_columns;
            body(job / tiles, column, std::min(tile_columns, inner - column));
        }
    });
}

}  // namespace

template <class T>
void gather(const T* x, const std::int64_t* index, std::int64_t outer, std::int64_t extent, std::int64_t count, std::int64_t inner, T* out) {
    parallel_for(outer * count, rows_per_chunk(inner), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
            const T* source = x + row / count * extent * inner;
            for (std::int64_t i = 0; i < inner; ++i) out[row * inner + i] = source[index[row * inner + i] * inner + i];
        }
    });
}

template <class T>
void scatter_add(const T* x, const std::int64_t* index, std::int64_t outer, std::int64_t extent, std::int64_t count, std::int64_t inner, T* out) {
    for_column_tiles(outer, count, inner, [&](std::int64_t o, std::int64_t column, std::int64_t columns) {
        T* target = out + o * extent * inner;
        for (std::int64_t k = 0; k < count; ++k)
            for (std::int64_t i = column; i < column + columns; ++i) {
                const std::int64_t at = (o * count + k) * inner + i;
                T& place = target[index[at] * inner + i];
                place = static_cast<T>(place + x[at]);
            }
    });
}

template <class T>
void select_rows(const T* x, const std::int64_t* index, std::int64_t outer, std::int64_t extent, std::int64_t count, std::int64_t inner, T* out) {
    parallel_for(outer * count, rows_per_chunk(inner), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) std::copy_n(x + (row / count * extent + index[row % count]) * inner, inner, out + row * inner);
    });
}

template <class T>
void add_rows(const T* x, const std::int64_t* index, std::int64_t outer, std::int64_t extent, std::int64_t count, std::int64_t inner, T* out) {
    for_column_tiles(outer, count, inner, [&](std::int64_t o, std::int64_t column, std::int64_t columns) {
        for (std::int64_t k = 0; k < count; ++k) {
            const T* source = x + (o * count + k) * inner + column;
            T* target = out + (o * extent + index[k]) * inner + column;
            for (std::int64_t i = 0; i < columns; ++i) target[i] = static_cast<T>(target[i] + source[i]);
        }
    });
}

template void gather(const float*, const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, float*);
template void scatter_add(const float*, const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, float*);
template void select_rows(const float*, const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, float*);
template void add_rows(const float*, const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, float*);
template void gather(const double*, const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, double*);
template void scatter_add(const double*, const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, double*);
template void select_rows(const double*, const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, double*);
template void add_rows(const double*, const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, double*);
template void gather(const std::int64_t*, const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t*);
template void scatter_add(const std::int64_t*, const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t*);
template void select_rows(const std::int64_t*, const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t*);
template void add_rows(const std::int64_t*, const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t*);
template void gather(const std::uint8_t*, const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::uint8_t*);
template void scatter_add(const std::uint8_t*, const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::uint8_t*);
template void select_rows(const std::uint8_t*, const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::uint8_t*);
template void add_rows(const std::uint8_t*, const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::uint8_t*);

}  // namespace knoll::kernels
