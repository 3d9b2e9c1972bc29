#include <knoll/core/kernels/integers.h>
#include <knoll/core/kernels/normalization.h>
#include <knoll/core/kernels/scratch.h>
#include <knoll/core/kernels/simd.h>
#include <knoll/core/parallel.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <tuple>
#include <type_traits>

namespace knoll::kernels {

namespace {

struct Sums {
    double first = 0, second = 0;
};

// Calls add(first, second, i) for a row of consecutive elements, with sums of the elements' own type or vectors of it; a vector
// stands for as many elements from i on. The sums of short stretches are added up in double.
template <class T, class Add>
Sums sum_row(std::int64_t begin, std::int64_t count, const Add& add) {
    constexpr std::int64_t lanes = vector_lanes<T>;
    constexpr std::int64_t stretch = 32 * lanes;
    Sums total;
    for (std::int64_t start = begin; start < begin + count; start += stretch) {
        const std::int64_t end = std::min(begin + count, start + stretch);
        Vector<T> first[2]{}, second[2]{};
        std::int64_t i = start;
        for (; i + 2 * lanes <= end; i += 2 * lanes) {
            add(first[0], second[0], i);
            add(first[1], second[1], i + lanes);
        }
        T rest_first = 0, rest_second = 0;
        for (; i < end; ++i) add(rest_first, rest_second, i);
        first[0] += first[1];
        second[0] += second[1];
        for (std::int64_t l = 0; l < lanes; ++l) {
            rest_first += first[0][l];
            rest_second += second[0][l];
        }
        total.first += static_cast<double>(rest_first);
        total.second += static_cast<double>(rest_second);
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

// What add(channel) adds over one tile, into first and second, which are indexed by channel.
template <class T, class Add>
void add_tile(const ChannelView& view, std::int64_t outer_begin, std::int64_t outer_end, std::int64_t begin, std::int64_t end, const Add& add, double* first,
              double* second) {
    run_vectorized([=] {
        std::fill(first + begin, first + end, 0.0);
        std::fill(second + begin, second + end, 0.0);
        for (std::int64_t outer = outer_begin; outer < outer_end; ++outer)
            for (std::int64_t channel = begin; channel < end; ++channel) {
                const std::int64_t row = (outer * view.channels + channel) * view.inner;
                if (view.inner == 1) {
                    T one = 0, other = 0;
                    add(channel)(one, other, row);
                    first[channel] += static_cast<double>(one);
                    second[channel] += static_cast<double>(other);
                } else {
                    const Sums sums = sum_row<T>(row, view.inner, add(channel));
                    first[channel] += sums.first;
                    second[channel] += sums.second;
                }
            }
    });
}

// What add(channel) adds over each channel; tiles are added in order.
template <class T, class Add>
void sum_channels(const ChannelView& view, const Add& add, double* first, double* second) {
    const Tiling tiling(view);
    const Scratch<double> partial(2 * tiling.chunks * view.channels);
    parallel_chunks(tiling.tiles * tiling.chunks, [&](std::int64_t job) {
        const std::int64_t chunk = job / tiling.tiles, begin = job % tiling.tiles * tiling.channels;
        double* into = partial.data() + 2 * chunk * view.channels;
        add_tile<T>(view, chunk * tiling.outers, std::min(view.outer, (chunk + 1) * tiling.outers), begin, std::min(view.channels, begin + tiling.channels),
                    add, into, into + view.channels);
    });
    for (std::int64_t channel = 0; channel < view.channels; ++channel) {
        Sums total;
        for (std::int64_t chunk = 0; chunk < tiling.chunks; ++chunk) {
            total.first += partial.data()[2 * chunk * view.channels + channel];
            total.second += partial.data()[(2 * chunk + 1) * view.channels + channel];
        }
        first[channel] = total.first;
        second[channel] = total.second;
    }
}

// out[i] = apply(coefficients(channel), i) everywhere; coefficients are a std::array of T.
template <class T, class Coefficients, class Apply>
void map_channels(const ChannelView& view, T* out, const Coefficients& coefficients, const Apply& apply) {
    if (view.inner == 1) {
        // Neighbours are of different channels: all coefficients, found once, lie side by side too.
        using Array = decltype(coefficients(0));
        constexpr std::size_t many = std::tuple_size_v<Array>;
        const Scratch<T> table(static_cast<std::int64_t>(many) * view.channels);
        for (std::int64_t channel = 0; channel < view.channels; ++channel) {
            const Array of_channel = coefficients(channel);
            for (std::size_t k = 0; k < many; ++k) table.data()[static_cast<std::int64_t>(k) * view.channels + channel] = of_channel[k];
        }
        parallel_for(view.outer, std::max<std::int64_t>(1, elements_per_chunk / std::max<std::int64_t>(1, view.channels)),
                     [&](std::int64_t begin, std::int64_t end) {
                         run_vectorized([=, channels = view.channels, from = table.data()] {
                             for (std::int64_t outer = begin; outer < end; ++outer)
                                 for (std::int64_t channel = 0; channel < channels; ++channel) {
                                     Array of_channel;
                                     for (std::size_t k = 0; k < many; ++k) of_channel[k] = from[static_cast<std::int64_t>(k) * channels + channel];
                                     out[outer * channels + channel] = apply(of_channel, outer * channels + channel);
                                 }
                         });
                     });
        return;
    }
    parallel_for(view.outer * view.channels, std::max<std::int64_t>(1, elements_per_chunk / std::max<std::int64_t>(1, view.inner)),
                 [&](std::int64_t begin, std::int64_t end) {
                     run_vectorized([&] {
                         for (std::int64_t row = begin; row < end; ++row) {
                             const auto of_channel = coefficients(row % view.channels);
                             for (std::int64_t i = row * view.inner; i < (row + 1) * view.inner; ++i) out[i] = apply(of_channel, i);
                         }
                     });
                 });
}

// A channel's mean as a T, and what that has lost: as much as the deviation where the mean is large.
template <class T>
struct Center {
    explicit Center(double mean) : rounded(static_cast<T>(mean)), rest(mean - static_cast<double>(rounded)) {}
    T rounded;
    double rest;
};

// Of (x - mean) inverse weight + bias, written as (x - rounded mean) scale + shift: the three, by channel.
template <class T>
auto affine_coefficients(const double* mean, const double* inverse, const T* weight, const T* bias) {
    return [=](std::int64_t channel) {
        const Center<T> center(mean[channel]);
        const double scale = inverse[channel] * (weight != nullptr ? static_cast<double>(weight[channel]) : 1.0);
        const double rest = std::isfinite(scale) ? center.rest * scale : 0.0;  // of an infinite weight no part is left over
        const double shift = (bias != nullptr ? static_cast<double>(bias[channel]) : 0.0) - rest;
        return std::array<T, 3>{center.rounded, static_cast<T>(scale), static_cast<T>(shift)};
    };
}

// Products with x - rounded mean as products with x - mean.
template <class T>
void correct_products(const ChannelView& view, const double* mean, const double* sum, double* product) {
    for (std::int64_t channel = 0; channel < view.channels; ++channel) product[channel] -= Center<T>(mean[channel]).rest * sum[channel];
}

// Mean and variance of one channel in two passes of doubles, which nothing but the variance itself overflows.
template <class T>
void refine_statistics(const ChannelView& view, const T* x, std::int64_t channel, double& mean, double& variance) {
    const auto count = static_cast<double>(view.count());
    const auto for_each = [&](const auto& body) {
        for (std::int64_t outer = 0; outer < view.outer; ++outer) {
            const T* row = x + (outer * view.channels + channel) * view.inner;
            for (std::int64_t i = 0; i < view.inner; ++i) body(static_cast<double>(row[i]));
        }
    };
    mean = 0;
    for_each([&](double value) { mean += value / count; });
    double rest = 0, squares = 0;
    for_each([&](double value) {
        rest += (value - mean) / count;
        squares += (value - mean) * ((value - mean) / count);
    });
    mean += rest;
    variance = std::max(squares - rest * rest, 0.0);
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
        view,
        [x, inner = view.inner](std::int64_t channel) {
            return [x, origin = x[channel * inner]](auto& sum, auto& squares, std::int64_t i) {
                std::remove_reference_t<decltype(sum)> distance;
                load(x + i, distance);
                distance -= origin;
                sum += distance;
                squares += distance * distance;
            };
        },
        mean, variance);
    // Where that value is far off, the squares of its distances have more digits than their sum keeps, or overflow.
    constexpr double near_enough = 16;  // squared, in deviations
    const auto count = static_cast<double>(view.count());
    const Scratch<bool> is_far(view.channels);
    bool any_far = false;
    for (std::int64_t channel = 0; channel < view.channels; ++channel) {
        const double shift = mean[channel] / count, squares = variance[channel] / count;
        variance[channel] = std::max(squares - shift * shift, 0.0);  // in this order a NaN stays one
        mean[channel] = static_cast<double>(x[channel * view.inner]) + shift;
        is_far.data()[channel] = !(shift * shift <= near_enough * variance[channel] && squares <= std::numeric_limits<double>::max());
        any_far |= is_far.data()[channel];
    }
    if (!any_far) return;
    parallel_for(view.channels, std::max<std::int64_t>(1, elements_per_chunk / view.count()), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t channel = begin; channel < end; ++channel)
            if (is_far.data()[channel]) refine_statistics(view, x, channel, mean[channel], variance[channel]);
    });
}

template <class T>
void normalize(const ChannelView& view, const T* x, const double* mean, const double* inverse, const T* weight, const T* bias, T* y) {
    map_channels(view, y, affine_coefficients(mean, inverse, weight, bias), [x](const std::array<T, 3>& of_channel, std::int64_t i) {
        const auto [center, scale, shift] = of_channel;
        return (x[i] - center) * scale + shift;
    });
}

template <class T>
void normalize_rectified(const ChannelView& view, const T* x, const double* mean, const double* inverse, const T* weight, const T* bias, const T* shortcut,
                         T* y) {
    const auto rectified = [=](const auto& added) {
        map_channels(view, y, affine_coefficients(mean, inverse, weight, bias), [x, added](const std::array<T, 3>& of_channel, std::int64_t i) {
            const auto [center, scale, shift] = of_channel;
            const T value = (x[i] - center) * scale + shift + added(i);
            return value < T(0) ? T(0) : value;
        });
    };
    if (shortcut != nullptr)
        rectified([shortcut](std::int64_t i) { return shortcut[i]; });
    else
        rectified([](std::int64_t) { return T(0); });
}

template <class T>
void channel_products(const ChannelView& view, const T* g, const T* x, const double* mean, double* sum, double* product) {
    sum_channels<T>(
        view,
        [=](std::int64_t channel) {
            return [g, x, center = static_cast<T>(mean[channel])](auto& total, auto& products, std::int64_t i) {
                std::remove_reference_t<decltype(total)> upstream, value;
                load(g + i, upstream);
                load(x + i, value);
                total += upstream;
                products += upstream * (value - center);
            };
        },
        sum, product);
    correct_products<T>(view, mean, sum, product);
}

template <class T>
void rectified_products(const ChannelView& view, const T* g, const T* y, const T* x, const double* mean, T* rectified, double* sum, double* product) {
    sum_channels<T>(
        view,
        [=](std::int64_t channel) {
            return [g, y, x, rectified, center = static_cast<T>(mean[channel])](auto& total, auto& products, std::int64_t i) {
                using V = std::remove_reference_t<decltype(total)>;
                V upstream, result, value;
                load(g + i, upstream);
                load(y + i, result);
                load(x + i, value);
                upstream = result > V{} ? upstream : V{};
                store(rectified + i, upstream);
                total += upstream;
                products += upstream * (value - center);
            };
        },
        sum, product);
    correct_products<T>(view, mean, sum, product);
}

template <class T>
void normalize_gradient(const ChannelView& view, const T* g, const T* x, const double* mean, const double* inverse, const T* weight, const double* sum,
                        const double* product, T* gradient) {
    // inverse weight (g - mean of g - normalised x times the mean of g times that); the normalised x, since products with the cube of the
    // inverse may underflow.
    const auto coefficients = [=, count = static_cast<double>(view.count())](std::int64_t channel) {
        const Center<T> center(mean[channel]);
        const double scale = inverse[channel] * (weight != nullptr ? static_cast<double>(weight[channel]) : 1.0);
        const double mean_product = product[channel] * inverse[channel] / count;
        const double shift = mean_product * center.rest * inverse[channel] - sum[channel] / count;
        return std::array<T, 5>{center.rounded, static_cast<T>(inverse[channel]), static_cast<T>(-mean_product), static_cast<T>(shift), static_cast<T>(scale)};
    };
    map_channels(view, gradient, coefficients, [g, x](const std::array<T, 5>& of_channel, std::int64_t i) {
        const auto [center, unit, slope, shift, scale] = of_channel;
        return scale * (g[i] + (slope * ((x[i] - center) * unit) + shift));
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
