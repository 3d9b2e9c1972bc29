// A job takes the tiles of some rows of an image, or of some small images, through all stages while they lie in the second-level cache:
//
//     source planes -> channels innermost, with a margin of zeros        (a transposition)
//     -> 36 matrices [tile, channel]                                      (InputTransform)
//     -> 36 products with the transformed weights [channel, filter]       (tile products)
//     -> results, filters innermost                                       (OutputTransform)
//     -> out planes                                                       (a transposition)
#include <knoll/core/kernels/integers.h>
#include <knoll/core/kernels/tile_product.h>
#include <knoll/core/kernels/winograd.h>
#include <knoll/core/kernels/winograd_transforms.h>
#include <knoll/core/parallel.h>

#include <numeric>

namespace knoll::kernels::winograd {

namespace {

constexpr std::int64_t job_elements = 85'000;                 // of the 36 matrices on both sides of the products
constexpr std::int64_t least_tiles = 3 * kernels::tile_rows;  // fewer, and the weights are fetched for too little work
constexpr std::int64_t winograd_flops_per_chunk = 4'000'000;
constexpr std::int64_t wanted_chunks = 16;
constexpr std::int64_t lanes = vector_lanes<float>;
constexpr std::int64_t wide = panel_width<float>;

using Lanes = Vector<float>;

// How tiles are put together to jobs.
struct Tiling {
    Tiling(const Axis& rows, const Axis& columns, std::int64_t channels, std::int64_t images)
        : rows(rows),
          columns(columns),
          channels(channels),
          padded(round_up(channels, lanes)),
          images(images),
          tile_columns(ceil_div(columns.count, outputs)),
          tile_rows_of_image(ceil_div(rows.count, outputs)) {
        const std::int64_t most = std::max(least_tiles, job_elements / (points * (padded + wide)));
        const std::int64_t per_image = tile_rows_of_image * tile_columns;
        images_per_job = 1;
        for (std::int64_t n = 2; n * per_image <= most; ++n)
            if (waste(n * per_image) <= waste(images_per_job * per_image)) images_per_job = n;
        rows_per_job = std::clamp<std::int64_t>(most / tile_columns, 1, tile_rows_of_image);
        bands = ceil_div(tile_rows_of_image, rows_per_job);
        rows_per_job = ceil_div(tile_rows_of_image, bands);
        jobs = bands > 1 ? images * bands : ceil_div(images, images_per_job);
        tiles = images_per_job * rows_per_job * tile_columns;
        height = rows_per_job * outputs + taps - 1;
        width = tile_columns * outputs + taps - 1;
    }

    /// Jobs that share a thread and its memory.
    std::int64_t jobs_per_chunk(std::int64_t filters) const {
        return std::clamp<std::int64_t>(winograd_flops_per_chunk / (2 * points * tiles * channels * filters), 1,
                                        std::max<std::int64_t>(1, jobs / wanted_chunks));
    }
    std::int64_t source_elements() const { return images_per_job * height * width * padded; }
    std::int64_t result_elements() const { return images_per_job * rows_per_job * outputs * tile_columns * outputs * wide; }
    std::int64_t matrix_elements(std::int64_t row) const { return round_up(tiles, kernels::tile_rows) * row; }

    Axis rows, columns;
    std::int64_t channels, padded, images;
    std::int64_t tile_columns, tile_rows_of_image;
    std::int64_t images_per_job, rows_per_job, bands, jobs;
    std::int64_t tiles;          // of a job, at most
    std::int64_t height, width;  // of a job's copy of an image, margins included

private:
    // The share of rows that whole tiles of the products add, in thousandths.
    static std::int64_t waste(std::int64_t count) { return 1000 * (round_up(count, kernels::tile_rows) - count) / count; }
};

// The tiles of one job.
struct Job {
    Job(const Tiling& tiling, std::int64_t index)
        : image(tiling.bands > 1 ? index / tiling.bands : index * tiling.images_per_job),
          images(std::min(tiling.images_per_job, tiling.images - image)),
          tile_row(tiling.bands > 1 ? index % tiling.bands * tiling.rows_per_job : 0),
          tile_rows(std::min(tiling.rows_per_job, tiling.tile_rows_of_image - tile_row)),
          tiles(images * tile_rows * tiling.tile_columns) {}

    std::int64_t image, images;
    std::int64_t tile_row, tile_rows;
    std::int64_t tiles;
};

// Calls visit(tile, image, row, column) for every tile of a job, image and row counted within the job.
template <class Visit>
[[gnu::always_inline]] inline void for_each_tile(const Tiling& tiling, const Job& job, const Visit& visit) {
    std::int64_t tile = 0;
    for (std::int64_t image = 0; image < job.images; ++image)
        for (std::int64_t row = 0; row < job.tile_rows; ++row)
            for (std::int64_t column = 0; column < tiling.tile_columns; ++column) visit(tile++, image, row, column);
}

// The source of a job, channels innermost. Margins at the sides, and channels that make up a vector, stay 0 from job to job.
[[gnu::always_inline]] inline void gather_source(const Tiling& tiling, const Job& job, const float* source, float* into) {
    const Axis rows = tiling.rows, columns = tiling.columns;
    const std::int64_t left = -columns.lowest(), count = std::min(columns.source, tiling.width - left), plane = rows.source * columns.source;
    for (std::int64_t image = 0; image < job.images; ++image)
        for (std::int64_t y = 0; y < tiling.height; ++y) {
            const std::int64_t row = job.tile_row * outputs + y + rows.lowest();
            float* const to = into + (image * tiling.height + y) * tiling.width * tiling.padded;
            if (row >= 0 && row < rows.source)
                pack_panel(source + (job.image + image) * tiling.channels * plane + row * columns.source, plane, tiling.channels, count,
                           to + left * tiling.padded, tiling.padded);
            else
                std::fill_n(to, tiling.width * tiling.padded, 0.0F);
        }
}

// The 36 matrices [tile, padded channel] of a job, `apart` elements from one to the next.
[[gnu::always_inline]] inline void transform_source(const Tiling& tiling, const Job& job, const float* gathered, float* matrices, std::int64_t apart) {
    for_each_tile(tiling, job, [&](std::int64_t tile, std::int64_t image, std::int64_t row, std::int64_t column) {
        const float* const corner = gathered + ((image * tiling.height + row * outputs) * tiling.width + column * outputs) * tiling.padded;
        for (std::int64_t channel = 0; channel < tiling.padded; channel += lanes) {
            Lanes patch[points], transformed[points];
            for (std::int64_t i = 0; i < inputs; ++i)
                for (std::int64_t j = 0; j < inputs; ++j) load(corner + (i * tiling.width + j) * tiling.padded + channel, patch[i * inputs + j]);
            transform_square<InputTransform>(patch, transformed);
            for (std::int64_t p = 0; p < points; ++p) store(matrices + p * apart + tile * tiling.padded + channel, transformed[p]);
        }
    });
}

// Weights [panel][point][channel][wide] from panels [channel and tap, width].
void transform_weights(const Axis& rows, const Axis& columns, std::int64_t channels, std::int64_t filters, const float* weight, float* transformed) {
    const bool flip_rows = rows.offset_step < 0, flip_columns = columns.offset_step < 0;
    parallel_chunks(ceil_div(filters, wide), [=](std::int64_t panel) {
        const std::int64_t width = width_for<float>(filters - panel * wide);
        const float* const from = weight + panel * channels * taps * taps * wide;
        float* const into = transformed + panel * points * channels * wide;
        run_vectorized([=] {
            for (std::int64_t channel = 0; channel < channels; ++channel)
                for (std::int64_t lane = 0; lane < width; lane += lanes) {
                    Lanes kernel[taps * taps], result[points];
                    for (std::int64_t i = 0; i < taps; ++i)
                        for (std::int64_t j = 0; j < taps; ++j) {
                            const std::int64_t tap = (flip_rows ? taps - 1 - i : i) * taps + (flip_columns ? taps - 1 - j : j);
                            load(from + (channel * taps * taps + tap) * width + lane, kernel[i * taps + j]);
                        }
                    transform_square<WeightTransform>(kernel, result);
                    for (std::int64_t p = 0; p < points; ++p) store(into + (p * channels + channel) * width + lane, result[p]);
                }
        });
    });
}

// Offsets of rows or columns that lie `step` apart; goes on with zeros up to a whole tile.
void fill_offsets(std::int64_t count, std::int64_t step, std::int32_t* offsets) {
    for (std::int64_t i = 0; i < round_up(count, kernels::tile_rows); ++i) offsets[i] = static_cast<std::int32_t>(i < count ? i * step : 0);
}

// Results of a job with filters innermost: [image, row, column, wide], from the 36 matrices [tile, width] of products.
[[gnu::always_inline]] inline void transform_products(const Tiling& tiling, const Job& job, const float* products, std::int64_t apart, std::int64_t width,
                                                      const float* start, float* results) {
    const std::int64_t pitch = tiling.tile_columns * outputs;
    for_each_tile(tiling, job, [&](std::int64_t tile, std::int64_t image, std::int64_t row, std::int64_t column) {
        float* const corner = results + ((image * tiling.rows_per_job + row) * outputs * pitch + column * outputs) * width;
        for (std::int64_t lane = 0; lane < width; lane += lanes) {
            Lanes product[points], result[outputs * outputs], bias;
            load(start + lane, bias);
            for (std::int64_t p = 0; p < points; ++p) load(products + p * apart + tile * width + lane, product[p]);
            transform_square<OutputTransform>(product, result);
            for (std::int64_t i = 0; i < outputs; ++i)
                for (std::int64_t j = 0; j < outputs; ++j) {
                    const Lanes value = result[i * outputs + j] + bias;
                    store(corner + (i * pitch + j) * width + lane, value);
                }
        }
    });
}

// Rows of a job's results, and where they lie in the planes of `filters` channels of out.
template <class Visit>
[[gnu::always_inline]] inline void for_each_result_row(const Tiling& tiling, const Job& job, std::int64_t filters, const Visit& visit) {
    const std::int64_t plane = tiling.rows.count * tiling.columns.count, pitch = tiling.tile_columns * outputs;
    for (std::int64_t image = 0; image < job.images; ++image)
        for (std::int64_t y = 0; y < job.tile_rows * outputs; ++y) {
            const std::int64_t row = job.tile_row * outputs + y;
            visit((image * tiling.rows_per_job * outputs + y) * pitch,
                  row < tiling.rows.count ? (job.image + image) * filters * plane + row * tiling.columns.count : -1);
        }
}

// The 36 matrices [tile, width] of upstream gradients of some filters.
[[gnu::always_inline]] inline void transform_upstream(const Tiling& tiling, const Job& job, const float* gathered, std::int64_t width, float* matrices,
                                                      std::int64_t apart) {
    const std::int64_t pitch = tiling.tile_columns * outputs;
    for_each_tile(tiling, job, [&](std::int64_t tile, std::int64_t image, std::int64_t row, std::int64_t column) {
        const float* const corner = gathered + ((image * tiling.rows_per_job + row) * outputs * pitch + column * outputs) * wide;
        for (std::int64_t lane = 0; lane < width; lane += lanes) {
            Lanes patch[outputs * outputs], transformed[points];
            for (std::int64_t i = 0; i < outputs; ++i)
                for (std::int64_t j = 0; j < outputs; ++j) load(corner + (i * pitch + j) * wide + lane, patch[i * outputs + j]);
            transform_square<UpstreamTransform>(patch, transformed);
            for (std::int64_t p = 0; p < points; ++p) store(matrices + p * apart + tile * width + lane, transformed[p]);
        }
    });
}

// Gradients of weights [channel and tap, width] from the 36 matrices [channel, width] of sums.
void transform_sums(std::int64_t channels, std::int64_t width, const float* sums, std::int64_t apart, float* gradients) {
    run_vectorized([=] {
        for (std::int64_t channel = 0; channel < channels; ++channel)
            for (std::int64_t lane = 0; lane < width; lane += lanes) {
                Lanes sum[points], gradient[taps * taps];
                for (std::int64_t p = 0; p < points; ++p) load(sums + p * apart + channel * width + lane, sum[p]);
                transform_square<WeightGradientTransform>(sum, gradient);
                for (std::int64_t tap = 0; tap < taps * taps; ++tap) store(gradients + (channel * taps * taps + tap) * width + lane, gradient[tap]);
            }
    });
}

}  // namespace

bool pays(const Axis& rows, const Axis& columns, std::int64_t channels, std::int64_t filters) {
    const auto fits = [](const Axis& axis) {
        return axis.taps == taps && axis.source_step == 1 && axis.step == 1 && std::abs(axis.offset_step) == 1 && axis.lowest() <= 0 && axis.count >= outputs;
    };
    return fits(rows) && fits(columns) && channels >= 2 * lanes && filters >= 2 * lanes;
}

void correlate(const Axis& rows, const Axis& columns, std::int64_t images, std::int64_t channels, std::int64_t filters, const float* source,
               const float* weight, const float* start, float* out) {
    const Tiling tiling(rows, columns, channels, images);
    const Scratch<float> transformed(ceil_div(filters, wide) * points * channels * wide);
    transform_weights(rows, columns, channels, filters, weight, transformed.data());
    const Scratch<std::int32_t> tile_offsets(round_up(tiling.tiles, kernels::tile_rows)), channel_offsets(round_up(channels, kernels::tile_rows));
    fill_offsets(tiling.tiles, tiling.padded, tile_offsets.data());
    fill_offsets(channels, 1, channel_offsets.data());
    const std::int64_t apart = tiling.matrix_elements(tiling.padded), products_apart = tiling.matrix_elements(wide), plane = rows.out * columns.out;
    parallel_for(tiling.jobs, tiling.jobs_per_chunk(filters), [&](std::int64_t begin, std::int64_t end) {
        const Scratch<float> gathered(tiling.source_elements()), matrices(points * apart), products(points * products_apart), results(tiling.result_elements());
        run_in_registers([=, &tiling, from = gathered.data(), left = matrices.data(), right = transformed.data(), product = products.data(),
                          result = results.data(), row_offsets = tile_offsets.data(), column_offsets = channel_offsets.data()](auto rows_at_once) {
            constexpr std::array<float, wide> zeros{};
            std::fill_n(from, tiling.source_elements(), 0.0F);
            for (std::int64_t index = begin; index < end; ++index) {
                const Job job(tiling, index);
                gather_source(tiling, job, source, from);
                transform_source(tiling, job, from, left, apart);
                for (std::int64_t first = 0; first < filters; first += wide) {
                    const std::int64_t count = std::min(wide, filters - first), width = width_for<float>(count);
                    for (std::int64_t p = 0; p < points; ++p)
                        tile_products<rows_at_once()>(LeftMatrix<float>{left + p * apart, row_offsets, column_offsets, channels}, 0, job.tiles,
                                                      right + first * points * channels + p * channels * width, width, zeros.data(), 0,
                                                      product + p * products_apart);
                    transform_products(tiling, job, product, products_apart, width, start + first, result);
                    for_each_result_row(tiling, job, filters, [=, &tiling](std::int64_t at, std::int64_t to) {
                        if (to >= 0) unpack_panel(result + at * width, width, count, tiling.columns.count, out + to + first * plane, plane);
                    });
                }
            }
        });
    });
}

void sum_weight_gradients(const Axis& rows, const Axis& columns, std::int64_t first_image, std::int64_t last_image, std::int64_t channels, std::int64_t filters,
                          const float* source, const float* upstream, float* sums, std::int64_t sums_per_panel) {
    const std::int64_t plane = rows.out * columns.out;
    source += first_image * channels * rows.source * columns.source;
    upstream += first_image * filters * plane;
    const Tiling tiling(rows, columns, channels, last_image - first_image);
    const Scratch<std::int32_t> tile_offsets(round_up(tiling.tiles, kernels::tile_rows)), channel_offsets(round_up(channels, kernels::tile_rows));
    fill_offsets(tiling.tiles, tiling.padded, tile_offsets.data());
    fill_offsets(channels, 1, channel_offsets.data());
    const std::int64_t apart = tiling.matrix_elements(tiling.padded), upstream_apart = tiling.matrix_elements(wide);
    const std::int64_t sums_apart = round_up(channels, kernels::tile_rows) * wide, panels = ceil_div(filters, wide);
    const Scratch<float> gathered(tiling.source_elements()), matrices(points * apart), gathered_upstream(tiling.result_elements()),
        upstream_matrices(points * upstream_apart), point_sums(panels * points * sums_apart);
    std::fill_n(point_sums.data(), panels * points * sums_apart, 0.0F);
    std::fill_n(gathered.data(), tiling.source_elements(), 0.0F);
    std::fill_n(gathered_upstream.data(), tiling.result_elements(), 0.0F);
    for (std::int64_t index = 0; index < tiling.jobs; ++index) {
        const Job job(tiling, index);
        run_in_registers([=, &tiling, from = gathered.data(), left = matrices.data(), from_upstream = gathered_upstream.data(),
                          right = upstream_matrices.data(), into = point_sums.data(), row_offsets = channel_offsets.data(),
                          column_offsets = tile_offsets.data()](auto rows_at_once) {
            gather_source(tiling, job, source, from);
            transform_source(tiling, job, from, left, apart);
            for (std::int64_t panel = 0; panel < panels; ++panel) {
                const std::int64_t first = panel * wide, count = std::min(wide, filters - first), width = width_for<float>(count);
                for_each_result_row(tiling, job, filters, [=, &tiling](std::int64_t at, std::int64_t row) {
                    if (row >= 0)
                        pack_panel(upstream + row + first * plane, plane, count, tiling.columns.count, from_upstream + at * wide, wide);
                    else
                        std::fill_n(from_upstream + at * wide, tiling.tile_columns * outputs * wide, 0.0F);
                });
                transform_upstream(tiling, job, from_upstream, width, right, upstream_apart);
                for (std::int64_t p = 0; p < points; ++p) {
                    float* const sum = into + (panel * points + p) * sums_apart;
                    tile_products<rows_at_once()>(LeftMatrix<float>{left + p * apart, row_offsets, column_offsets, job.tiles}, 0, channels,
                                                  right + p * upstream_apart, width, sum, width, sum);
                }
            }
        });
    }
    for (std::int64_t panel = 0; panel < panels; ++panel)
        transform_sums(channels, width_for<float>(filters - panel * wide), point_sums.data() + panel * points * sums_apart, sums_apart,
                       sums + panel * sums_per_panel);
}

}  // namespace knoll::kernels::winograd
