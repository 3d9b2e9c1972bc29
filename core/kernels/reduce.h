// Reductions of the middle of [outer, reduced, inner] under any associative combination, with fixed chunks: the same bits
// at any number of threads. Combine is a struct with an Accumulator, the start() of one, a number of lanes (how many
// accumulators share a row: enough to hide the latency of one), and a call operator that takes accumulators; it is inlined
// into vectorised loops (simd.h), so it must be plain arithmetic.
#pragma once

#include <knoll/core/kernels/simd.h>
#include <knoll/core/parallel.h>
#include <knoll/core/tensor.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace knoll::kernels {

template <class T>
struct Sum {
    using Accumulator = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;
    static constexpr std::int64_t lanes = 8;
    static constexpr Accumulator start() { return 0; }
    constexpr Accumulator operator()(Accumulator a, Accumulator b) const { return a + b; }
};

template <class T>
struct Largest {
    using Accumulator = T;
    static constexpr std::int64_t lanes = 32;
    static constexpr T start() { return -std::numeric_limits<T>::infinity(); }
    constexpr T operator()(T a, T b) const { return b > a ? b : a; }
};

namespace detail {

constexpr std::int64_t reduce_chunk = 32768;
constexpr std::int64_t reduce_columns = 128;

/// Consecutive elements, in lanes where there are enough of them.
template <class Combine, class T>
[[gnu::always_inline]] inline typename Combine::Accumulator reduce_row(const T* x, std::int64_t count) {
    using Accumulator = typename Combine::Accumulator;
    constexpr Combine combine;
    constexpr std::int64_t lanes = Combine::lanes;
    Accumulator total = Combine::start();
    std::int64_t i = 0;
    if (count >= lanes) {
        std::array<Accumulator, static_cast<std::size_t>(lanes)> lane;
        lane.fill(Combine::start());
        for (; i + lanes <= count; i += lanes)
            for (std::int64_t l = 0; l < lanes; ++l) {
                Accumulator& value = lane[static_cast<std::size_t>(l)];
                value = combine(value, static_cast<Accumulator>(x[i + l]));
            }
        for (const Accumulator value : lane) total = combine(total, value);
    }
    for (; i < count; ++i) total = combine(total, static_cast<Accumulator>(x[i]));
    return total;
}

struct AsItIs {
    template <class Accumulator>
    Accumulator operator()(Accumulator value) const {
        return value;
    }
};

template <class Combine, class T, class Out, class Finish = AsItIs>
void reduce_rows(const T* x, std::int64_t rows, std::int64_t count, Out* out, const Finish& finish = {}) {
    run_vectorized([=] {
        for (std::int64_t r = 0; r < rows; ++r) out[r] = static_cast<Out>(finish(reduce_row<Combine>(x + r * count, count)));
    });
}

/// inner = 1: each output is made of consecutive elements.
template <class Combine, class T, class Finish>
void reduce_last(const T* x, std::int64_t outer, std::int64_t reduced, T* out, const Finish& finish) {
    if (reduced <= reduce_chunk) {
        parallel_for(outer, std::max<std::int64_t>(1, reduce_chunk / std::max<std::int64_t>(reduced, 1)),
                     [&](std::int64_t begin, std::int64_t end) { reduce_rows<Combine>(x + begin * reduced, end - begin, reduced, out + begin, finish); });
        return;
    }
    using Accumulator = typename Combine::Accumulator;
    const std::int64_t chunks = (reduced + reduce_chunk - 1) / reduce_chunk;
    Tensor partial = empty({outer * chunks}, dtype_of<Accumulator>());
    auto* partials = partial.fresh_data<Accumulator>();
    parallel_chunks(outer * chunks, [&](std::int64_t job) {
        const std::int64_t begin = job % chunks * reduce_chunk;
        reduce_rows<Combine>(x + job / chunks * reduced + begin, 1, std::min(reduce_chunk, reduced - begin), partials + job);
    });
    reduce_rows<Combine>(partials, outer, chunks, out, finish);
}

/// Combines rows of so many columns, a stride apart, into the accumulators.
template <class Combine, class T>
void combine_rows(const T* x, std::int64_t rows, std::int64_t stride, std::int64_t columns, typename Combine::Accumulator* into) {
    run_vectorized([=] {
        constexpr Combine combine;
        for (std::int64_t r = 0; r < rows; ++r) {
            const T* row = x + r * stride;
            for (std::int64_t c = 0; c < columns; ++c) into[c] = combine(into[c], static_cast<typename Combine::Accumulator>(row[c]));
        }
    });
}

/// inner > 1: columns are combined side by side, a tile of columns and a chunk of rows at a time.
template <class Combine, class T, class Finish>
void reduce_tiles(const T* x, std::int64_t outer, std::int64_t reduced, std::int64_t inner, T* out, const Finish& finish) {
    using Accumulator = typename Combine::Accumulator;
    const std::int64_t tiles = (inner + reduce_columns - 1) / reduce_columns;
    const std::int64_t chunk_rows = reduce_chunk / std::min(inner, reduce_columns);
    const std::int64_t chunks = std::max<std::int64_t>(1, (reduced + chunk_rows - 1) / chunk_rows);
    Tensor partial = empty({chunks > 1 ? outer * chunks * inner : 0}, dtype_of<Accumulator>());
    auto* partials = partial.fresh_data<Accumulator>();
    const auto reduce_tile = [=](std::int64_t job) {
        const std::int64_t column = job % tiles * reduce_columns, columns = std::min(reduce_columns, inner - column);
        const std::int64_t chunk = job / tiles, row = chunk % chunks * chunk_rows, o = chunk / chunks;
        std::array<Accumulator, reduce_columns> totals;
        totals.fill(Combine::start());
        combine_rows<Combine>(x + (o * reduced + row) * inner + column, std::min(chunk_rows, reduced - row), inner, columns, totals.data());
        if (chunks > 1)
            std::copy_n(totals.data(), columns, partials + chunk * inner + column);
        else
            std::transform(totals.data(), totals.data() + columns, out + o * inner + column,
                           [finish](Accumulator value) { return static_cast<T>(finish(value)); });
    };
    const std::int64_t tile_elements = std::max<std::int64_t>(1, std::min(reduced, chunk_rows) * std::min(inner, reduce_columns));
    parallel_for(outer * chunks * tiles, std::max<std::int64_t>(1, reduce_chunk / tile_elements), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t job = begin; job < end; ++job) reduce_tile(job);
    });
    if (chunks == 1) return;
    for (std::int64_t o = 0; o < outer; ++o) {
        Accumulator* totals = partials + o * chunks * inner;
        combine_rows<Combine>(totals + inner, chunks - 1, inner, inner, totals);
        std::transform(totals, totals + inner, out + o * inner, [finish](Accumulator value) { return static_cast<T>(finish(value)); });
    }
}

}  // namespace detail

/// out[o, i] = x[o, 0, i] combined with x[o, 1, i] and so on; the start where nothing is reduced. An accumulator becomes an element after
/// finish() has had it.
template <class Combine, class T, class Finish = detail::AsItIs>
void reduce_middle(const T* x, std::int64_t outer, std::int64_t reduced, std::int64_t inner, T* out, const Finish& finish = {}) {
    if (outer == 0 || inner == 0) return;
    if (inner == 1)
        detail::reduce_last<Combine>(x, outer, reduced, out, finish);
    else
        detail::reduce_tiles<Combine>(x, outer, reduced, inner, out, finish);
}

}  // namespace knoll::kernels
