#include <knoll/core/kernels/normalization.h>
#include <knoll/core/kernels/scratch.h>
#include <knoll/core/kernels/simd.h>
#include <knoll/core/parallel.h>

#include <algorithm>
#include <array>

namespace knoll::kernels {

namespace {

constexpr std::int64_t elements_per_chunk = 16384;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

template <class T>
struct Pair {
    T first, second;
};

// The sums of term(i) over a row of consecutive elements. In short stretches they stay in the elements' own type, in lanes; the
// stretches are added up in double.
template <class T, class Term>
Pair<double> sum_row(std::int64_t begin, std::int64_t count, const Term& term) {
    constexpr std::int64_t lanes = 64 / sizeof(T);
    constexpr std::int64_t stretch = 16 * lanes;
    Pair<double> total{0, 0};
    for (std::int64_t start = 0; start < count; start += stretch) {
        const std::int64_t end = std::min(count, start + stretch);
        std::array<T, lanes> first{}, second{};
        std::int64_t i = start;
        for (; i + lanes <= end; i += lanes)
            for (std::int64_t l = 0; l < lanes; ++l) {
                const Pair<T> pair = term(begin + i + l);
                first[static_cast<std::size_t>(l)] += pair.first;
                second[static_cast<std::size_t>(l)] += pair.second;
            }
        for (; i < end; ++i) {
            const Pair<T> pair = term(begin + i);
            first[0] += pair.first;
            second[0] += pair.second;
        }
        for (std::size_t l = 0; l < lanes; ++l) {
            total.first += static_cast<double>(first[l]);
            total.second += static_cast<double>(second[l]);
        }
    }
    return total;
}

// A tile of channels over some of the outer positions, the unit of work.
struct Tiling {
    explicit Tiling(const ChannelView& view) {
        const std::int64_t together = view.inner == 1 ? 128 : elements_per_chunk / std::max<std::int64_t>(1, view.count());
        channels = std::clamp<std::int64_t>(together, 1, std::max<std::int64_t>(1, view.channels));
        outers = std::clamp<std::int64_t>(elements_per_chunk / std::max<std::int64_t>(1, channels * view.inner), 1, std::max<std::int64_t>(1, view.outer));
        tiles = ceil_div(view.channels, channels);
        chunks = std::max<std::int64_t>(1, ceil_div(view.outer, outers));
    }
    std::int64_t channels, outers, tiles, chunks;
};

// Adds term(channel)(i) over one tile to first and second, which are indexed by channel. prepare(begin, count) comes before the
// elements that it names are read.
template <class T, class Prepare, class Term>
void add_tile(const ChannelView& view, std::int64_t outer_begin, std::int64_t outer_end, std::int64_t begin, std::int64_t end, const Prepare& prepare,
              const Term& term, double* first, double* second) {
    run_vectorized([&] {
        std::fill(first + begin, first + end, 0.0);
        std::fill(second + begin, second + end, 0.0);
        for (std::int64_t outer = outer_begin; outer < outer_end; ++outer) {
            const std::int64_t base = outer * view.channels;
            prepare((base + begin) * view.inner, (end - begin) * view.inner);
            if (view.inner == 1)
                for (std::int64_t channel = begin; channel < end; ++channel) {
                    const Pair<T> pair = term(channel)(base + channel);
                    first[channel] += static_cast<double>(pair.first);
                    second[channel] += static_cast<double>(pair.second);
                }
            else
                for (std::int64_t channel = begin; channel < end; ++channel) {
                    const Pair<double> pair = sum_row<T>((base + channel) * view.inner, view.inner, term(channel));
                    first[channel] += pair.first;
                    second[channel] += pair.second;
                }
        }
    });
}

// The sums of term(channel)(i) over each channel; tiles are added in order.
template <class T, class Prepare, class Term>
void sum_channels(const ChannelView& view, const Prepare& prepare, const Term& term, double* first, double* second) {
    const Tiling tiling(view);
    const Scratch<double> partial(2 * tiling.chunks * view.channels);
    parallel_chunks(tiling.tiles * tiling.chunks, [&](std::int64_t job) {
        const std::int64_t chunk = job / tiling.tiles, begin = job % tiling.tiles * tiling.channels;
        double* into = partial.data() + 2 * chunk * view.channels;
        add_tile<T>(view, chunk * tiling.outers, std::min(view.outer, (chunk + 1) * tiling.outers), begin, std::min(view.channels, begin + tiling.channels),
                    prepare, term, into, into + view.channels);
    });
    for (std::int64_t channel = 0; channel < view.channels; ++channel) {
        Pair<double> total{0, 0};
        for (std::int64_t chunk = 0; chunk < tiling.chunks; ++chunk) {
            total.first += partial.data()[2 * chunk * view.channels + channel];
            total.second += partial.data()[(2 * chunk + 1) * view.channels + channel];
        }
        first[channel] = total.first;
        second[channel] = total.second;
    }
}

constexpr auto nothing_to_prepare = [](std::int64_t, std::int64_t) {};

// out[i] = f(channel)(i) everywhere.
template <class T, class F>
void map_channels(const ChannelView& view, T* out, const F& f) {
    if (view.inner == 1) {
        parallel_for(view.outer, std::max<std::int64_t>(1, elements_per_chunk / std::max<std::int64_t>(1, view.channels)),
                     [&](std::int64_t begin, std::int64_t end) {
                         run_vectorized([&] {
                             for (std::int64_t outer = begin; outer < end; ++outer)
                                 for (std::int64_t channel = 0; channel < view.channels; ++channel)
                                     out[outer * view.channels + channel] = f(channel)(outer * view.channels + channel);
                         });
                     });
        return;
    }
    parallel_for(view.outer * view.channels, std::max<std::int64_t>(1, elements_per_chunk / std::max<std::int64_t>(1, view.inner)),
                 [&](std::int64_t begin, std::int64_t end) {
                     run_vectorized([&] {
                         for (std::int64_t row = begin; row < end; ++row) {
                             const auto value = f(row % view.channels);
                             for (std::int64_t i = row * view.inner; i < (row + 1) * view.inner; ++i) out[i] = value(i);
                         }
                     });
                 });
}

}  // namespace

template <class T>
void channel_statistics(const ChannelView& view, const T* x, double* mean, double* variance) {
    if (view.count() == 0) {
        std::fill_n(mean, view.channels, 0.0);
        std::fill_n(variance, view.channels, 0.0);
        return;
    }
    // Distances from the channel's first value: its mean, however large, does not eat the digits of the variance.
    sum_channels<T>(
        view, nothing_to_prepare,
        [x, inner = view.inner](std::int64_t channel) {
            return [x, origin = x[channel * inner]](std::int64_t i) {
                const T distance = x[i] - origin;
                return Pair<T>{distance, distance * distance};
            };
        },
        mean, variance);
    const auto count = static_cast<double>(view.count());
    for (std::int64_t channel = 0; channel < view.channels; ++channel) {
        const double shift = mean[channel] / count;
        variance[channel] = std::max(0.0, variance[channel] / count - shift * shift);
        mean[channel] = static_cast<double>(x[channel * view.inner]) + shift;
    }
}

template <class T>
void normalize(const ChannelView& view, const T* x, const double* mean, const double* inverse, const T* weight, const T* bias, T* y) {
    map_channels(view, y, [=](std::int64_t channel) {
        const T center = static_cast<T>(mean[channel]);
        const T scale = static_cast<T>(inverse[channel]) * (weight != nullptr ? weight[channel] : T(1));
        const T shift = bias != nullptr ? bias[channel] : T(0);
        return [=](std::int64_t i) { return (x[i] - center) * scale + shift; };
    });
}

template <class T>
void normalize_rectified(const ChannelView& view, const T* x, const double* mean, const double* inverse, const T* weight, const T* bias, const T* shortcut,
                         T* y) {
    const auto rectified = [=](const auto& added) {
        map_channels(view, y, [=](std::int64_t channel) {
            const T center = static_cast<T>(mean[channel]);
            const T scale = static_cast<T>(inverse[channel]) * (weight != nullptr ? weight[channel] : T(1));
            const T shift = bias != nullptr ? bias[channel] : T(0);
            return [=](std::int64_t i) {
                const T value = (x[i] - center) * scale + shift + added(i);
                return value < T(0) ? T(0) : value;
            };
        });
    };
    if (shortcut != nullptr)
        rectified([shortcut](std::int64_t i) { return shortcut[i]; });
    else
        rectified([](std::int64_t) { return T(0); });
}

namespace {

// g and g (x - mean).
template <class T>
auto products_with(const T* g, const T* x, const double* mean) {
    return [=](std::int64_t channel) {
        return [g, x, center = static_cast<T>(mean[channel])](std::int64_t i) { return Pair<T>{g[i], g[i] * (x[i] - center)}; };
    };
}

}  // namespace

template <class T>
void channel_products(const ChannelView& view, const T* g, const T* x, const double* mean, double* sum, double* product) {
    sum_channels<T>(view, nothing_to_prepare, products_with(g, x, mean), sum, product);
}

template <class T>
void rectified_products(const ChannelView& view, const T* g, const T* y, const T* x, const double* mean, T* rectified, double* sum, double* product) {
    const auto rectify = [=](std::int64_t begin, std::int64_t count) {
        for (std::int64_t i = begin; i < begin + count; ++i) rectified[i] = y[i] > T(0) ? g[i] : T(0);
    };
    sum_channels<T>(view, rectify, products_with<T>(rectified, x, mean), sum, product);
}

template <class T>
void normalize_gradient(const ChannelView& view, const T* g, const T* x, const double* mean, const double* inverse, const T* weight, const double* sum,
                        const double* product, T* gradient) {
    const auto count = static_cast<double>(view.count());
    map_channels(view, gradient, [=](std::int64_t channel) {
        const double factor = inverse[channel] * (weight != nullptr ? static_cast<double>(weight[channel]) : 1.0);
        const T scale = static_cast<T>(factor), center = static_cast<T>(mean[channel]);
        const T shift = static_cast<T>(-factor * sum[channel] / count);
        const T slope = static_cast<T>(-factor * inverse[channel] * inverse[channel] * product[channel] / count);
        return [=](std::int64_t i) { return scale * g[i] + (slope * (x[i] - center) + shift); };
    });
}

template void channel_statistics(const ChannelView&, const float*, double*, double*);
template void channel_statistics(const ChannelView&, const double*, double*, double*);
template void normalize(const ChannelView&, const float*, const double*, const double*, const float*, const float*, float*);
template void normalize(const ChannelView&, const double*, const double*, const double*, const double*, const double*, double*);
template void normalize_rectified(const ChannelView&, const float*, const double*, const double*, const float*, const float*, const float*, float*);
template void normalize_rectified(const ChannelView&, const double*, const double*, const double*, const double*, const double*, const double*, double*);
template void rectified_products(const ChannelView&, const float*, const float*, const float*, const double*, float*, double*, double*);
template void rectified_products(const ChannelView&, const double*, const double*, const double*, const double*, double*, double*, double*);
template void channel_products(const ChannelView&, const float*, const float*, const double*, double*, double*);
template void channel_products(const ChannelView&, const double*, const double*, const double*, double*, double*);
template void normalize_gradient(const ChannelView&, const float*, const float*, const double*, const double*, const float*, const double*, const double*,
                                 float*);
template void normalize_gradient(const ChannelView&, const double*, const double*, const double*, const double*, const double*, const double*, const double*,
                                 double*);

}  // namespace knoll::kernels
