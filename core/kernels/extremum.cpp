#include <knoll/core/kernels/extremum.h>
#include <knoll/core/kernels/reduce.h>

#include <limits>
#include <type_traits>

namespace knoll::kernels {

namespace {

template <class T>
constexpr bool is_nan(T x) {
    if constexpr (std::is_floating_point_v<T>)
        return x != x;
    else
        return false;
}

// True if b takes the place of a that came before it. A NaN in place stays: nothing but another NaN passes it.
template <Extremum which, class T>
constexpr bool beats(T b, T a) {
    return (which == Extremum::largest ? b > a : b < a) | is_nan(b);
}

template <Extremum which, class T>
struct Best {
    using Accumulator = T;
    static constexpr std::int64_t lanes = 32;
    static constexpr T start() {
        using Limits = std::numeric_limits<T>;
        if (which == Extremum::largest) return Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
        return Limits::has_infinity ? Limits::infinity() : Limits::max();
    }
    constexpr T operator()(T a, T b) const { return beats<which>(b, a) ? b : a; }
};

template <Extremum which, class T>
void indices(const T* x, std::int64_t outer, std::int64_t reduced, std::int64_t inner, std::int64_t* out) {
    const std::int64_t grain = std::max<std::int64_t>(1, detail::reduce_chunk / std::max<std::int64_t>(reduced, 1));
    parallel_for(outer * inner, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t at = begin; at < end; ++at) {
            const T* column = x + at / inner * reduced * inner + at % inner;
            std::int64_t best = 0;
            for (std::int64_t r = 1; r < reduced; ++r)
                if (!is_nan(column[best * inner]) && beats<which>(column[r * inner], column[best * inner])) best = r;
            out[at] = best;
        }
    });
}

}  // namespace

template <class T>
void extremum_middle(Extremum which, const T* x, std::int64_t outer, std::int64_t reduced, std::int64_t inner, T* out) {
    if (which == Extremum::largest)
        reduce_middle<Best<Extremum::largest, T>>(x, outer, reduced, inner, out);
    else
        reduce_middle<Best<Extremum::smallest, T>>(x, outer, reduced, inner, out);
}

template <class T>
void extremum_index(Extremum which, const T* x, std::int64_t outer, std::int64_t reduced, std::int64_t inner, std::int64_t* out) {
    if (which == Extremum::largest)
        indices<Extremum::largest>(x, outer, reduced, inner, out);
    else
        indices<Extremum::smallest>(x, outer, reduced, inner, out);
}

template void extremum_middle(Extremum, const float*, std::int64_t, std::int64_t, std::int64_t, float*);
template void extremum_middle(Extremum, const double*, std::int64_t, std::int64_t, std::int64_t, double*);
template void extremum_middle(Extremum, const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t*);
template void extremum_middle(Extremum, const std::uint8_t*, std::int64_t, std::int64_t, std::int64_t, std::uint8_t*);
template void extremum_index(Extremum, const float*, std::int64_t, std::int64_t, std::int64_t, std::int64_t*);
template void extremum_index(Extremum, const double*, std::int64_t, std::int64_t, std::int64_t, std::int64_t*);
template void extremum_index(Extremum, const std::int64_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t*);
template void extremum_index(Extremum, const std::uint8_t*, std::int64_t, std::int64_t, std::int64_t, std::int64_t*);

}  // namespace knoll::kernels
