#include <knoll/core/kernels/integers.h>
#include <knoll/core/kernels/panel.h>
#include <knoll/core/kernels/pixel_correlation.h>
#include <knoll/core/parallel.h>

namespace knoll::kernels::pixels {

namespace {

constexpr int vectors = 2;
constexpr std::int64_t lanes = vector_lanes<float>;
constexpr std::int64_t at_once = vectors * lanes;

// The inner dimension with the rows of the kernel outermost, so that some of its rows are one stretch of it: where each element reads,
// and its weights.
struct RowMajorTaps {
    RowMajorTaps(const Bands& bands, std::int64_t channels, const float* weight)
        : per_row(channels * bands.columns().taps), offsets(bands.depth()), weights(bands.depth() * lanes) {
        const std::int64_t taps_down = bands.rows().taps, taps_across = bands.columns().taps;
        std::int64_t to = 0;
        for (std::int64_t i = 0; i < taps_down; ++i)
            for (std::int64_t channel = 0; channel < channels; ++channel)
                for (std::int64_t j = 0; j < taps_across; ++j, ++to) {
                    const std::int64_t from = (channel * taps_down + i) * taps_across + j;
                    offsets.data()[to] = bands.tap_offsets()[from];
                    std::copy_n(weight + from * lanes, lanes, weights.data() + to * lanes);
                }
    }

    std::int64_t per_row;
    Scratch<std::int32_t> offsets;
    Scratch<float> weights;
};

// Rows of the kernel, first to last, that read inside the source for an output row.
struct TapRows {
    TapRows(const Axis& rows, std::int64_t output) {
        while (last < rows.taps && !inside(rows, output, last)) ++last;
        first = last;
        while (last < rows.taps && inside(rows, output, last)) ++last;
    }
    static bool inside(const Axis& rows, std::int64_t output, std::int64_t tap) {
        const std::int64_t row = output + rows.offset + tap * rows.offset_step;
        return row >= 0 && row < rows.source;
    }

    std::int64_t first = 0, last = 0;
};

// sums [filter][position] for `count` filters from the first of `weight` on, `apart` elements from filter to filter.
template <int count>
[[gnu::always_inline]] inline void multiply_pixels(const float* source, const std::int32_t* offsets, std::int64_t depth, const float* weight,
                                                   const float* start, float* sums, std::int64_t apart) {
    Vector<float> total[count * vectors];
#pragma GCC unroll 12
    for (int i = 0; i < count * vectors; ++i) total[i] = Vector<float>{} + start[i / vectors];
    for (std::int64_t k = 0; k < depth; ++k, weight += lanes) {
        Vector<float> values[vectors];
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) load(source + offsets[k] + v * lanes, values[v]);
#pragma GCC unroll 6
        for (int i = 0; i < count; ++i)
#pragma GCC unroll 2
            for (int v = 0; v < vectors; ++v) total[i * vectors + v] += weight[i] * values[v];
    }
#pragma GCC unroll 6
    for (int i = 0; i < count; ++i)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) store(sums + i * apart + v * lanes, total[i * vectors + v]);
}

// One row of outputs, of all filters. In a long row the last positions overlap those before, so that all are whole vectors.
template <int filters_at_once>
[[gnu::always_inline]] inline void correlate_row(const float* source, const std::int32_t* offsets, std::int64_t depth, const float* weight, const float* start,
                                                 std::int64_t filters, std::int64_t count, float* out, std::int64_t plane) {
    const bool direct = filters == most_filters && count >= at_once;
    alignas(64) float sums[most_filters * at_once];
    for (std::int64_t next = 0; next < count; next += at_once) {
        const std::int64_t x = direct ? std::min(next, count - at_once) : next;
        for (std::int64_t i = 0; i < most_filters; i += filters_at_once)
            multiply_pixels<filters_at_once>(source + x, offsets, depth, weight + i, start + i, direct ? out + i * plane + x : sums + i * at_once,
                                             direct ? plane : at_once);
        for (std::int64_t filter = 0; !direct && filter < filters; ++filter)
            for (std::int64_t k = 0; k < std::min(at_once, count - x); ++k) out[filter * plane + x + k] = sums[filter * at_once + k];
    }
}

float sum_of(const Vector<float>& vector) {
    float total = 0;
    for (std::int64_t lane = 0; lane < lanes; ++lane) total += vector[lane];
    return total;
}

// Adds to sums[tap][filter], for two taps, the products of what they read with the upstream gradients [filter][position].
template <int count>
[[gnu::always_inline]] inline void multiply_upstream(const float* source, std::int32_t first, std::int32_t second, const float* upstream, std::int64_t apart,
                                                     std::int64_t positions, float* sums) {
    Vector<float> total[2 * count]{};
    for (std::int64_t p = 0; p < positions; p += lanes) {
        Vector<float> values[2], gradient;
        load(source + first + p, values[0]);
        load(source + second + p, values[1]);
#pragma GCC unroll 6
        for (int i = 0; i < count; ++i) {
            load(upstream + i * apart + p, gradient);
            total[2 * i] += values[0] * gradient;
            total[2 * i + 1] += values[1] * gradient;
        }
    }
    for (int i = 0; i < count; ++i) {
        sums[i] += sum_of(total[2 * i]);
        sums[lanes + i] += sum_of(total[2 * i + 1]);
    }
}

}  // namespace

bool pays(const Axis& rows, const Axis& columns, std::int64_t filters) {
    const auto fits = [](const Axis& axis) { return axis.source_step == 1 && axis.step == 1; };
    return filters <= most_filters && fits(rows) && fits(columns) && columns.count >= at_once / 2 + lanes / 2;
}

void correlate(const Axis& rows, const Axis& columns, std::int64_t images, std::int64_t channels, std::int64_t filters, const float* source,
               const float* weight, const float* start, float* out) {
    const Bands bands(rows, columns, channels, images, 2 * filters * channels * rows.taps * columns.taps * columns.count, sizeof(float));
    const RowMajorTaps taps(bands, channels, weight);
    const std::int64_t plane = rows.out * columns.out;
    parallel_for(images * bands.count(), bands.per_chunk(), [&](std::int64_t begin, std::int64_t end) {
        const Scratch<float> band(bands.elements() + at_once);
        for (std::int64_t job = begin; job < end; ++job) {
            const std::int64_t image = job / bands.count(), first_row = bands.begin(job % bands.count());
            bands.fill(job % bands.count(), source + image * channels * rows.source * columns.source, band.data());
            run_in_registers([=, &taps, height = bands.positions(job % bands.count()) / columns.count, width = bands.width(), count = columns.count,
                              from = band.data()](auto filters_at_once) {
                for (std::int64_t y = 0; y < height; ++y) {
                    const TapRows inside(rows, first_row + y);
                    const std::int64_t first = inside.first * taps.per_row, depth = (inside.last - inside.first) * taps.per_row;
                    correlate_row<filters_at_once()>(from + y * width, taps.offsets.data() + first, depth, taps.weights.data() + first * lanes, start, filters,
                                                     count, out + image * filters * plane + (first_row + y) * count, plane);
                }
            });
        }
    });
}

void add_weight_gradients(const Axis& rows, const Axis& columns, std::int64_t first, std::int64_t last, std::int64_t channels, std::int64_t filters,
                          const float* source, const float* upstream, float* sums) {
    const Bands bands(rows, columns, channels, last - first, 2 * filters * channels * rows.taps * columns.taps * columns.count, sizeof(float));
    const std::int64_t plane = rows.out * columns.out, width = bands.width();
    // Upstream gradients in rows as long as the band's, with zeros between them.
    const std::int64_t apart = round_up(bands.most_positions() / columns.count * width, lanes);
    const Scratch<float> band(bands.elements() + at_once), gradients(most_filters * apart);
    std::fill_n(gradients.data(), most_filters * apart, 0.0F);
    std::fill_n(band.data(), bands.elements() + at_once, 0.0F);
    for (std::int64_t job = 0; job < (last - first) * bands.count(); ++job) {
        const std::int64_t image = first + job / bands.count(), index = job % bands.count(), height = bands.positions(index) / columns.count;
        bands.fill(index, source + image * channels * rows.source * columns.source, band.data());
        const float* const from = upstream + image * filters * plane + bands.begin(index) * columns.out;
        run_in_registers([=, depth = bands.depth(), offsets = bands.tap_offsets(), count = columns.count, into = gradients.data(),
                          values = band.data()](auto filters_at_once) {
            for (std::int64_t filter = 0; filter < filters; ++filter) {
                float* const row = into + filter * apart;
                for (std::int64_t y = 0; y < height; ++y)
                    for (std::int64_t x = 0; x < count; ++x) row[y * width + x] = from[filter * plane + y * count + x];
                std::fill(row + height * width, row + apart, 0.0F);  // of a higher band before
            }
            for (std::int64_t k = 0; k < depth; k += 2)
                for (std::int64_t i = 0; i < most_filters; i += filters_at_once)
                    multiply_upstream<filters_at_once()>(values, offsets[k], offsets[k + 1], into + i * apart, apart, height * width, sums + k * lanes + i);
        });
    }
}

}  // namespace knoll::kernels::pixels
