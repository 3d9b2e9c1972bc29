// The three kernels of convolution, all made of tile products (tile_product.h) on bands of the images (correlation.h). There is no
// matrix of columns: the product reads the band in its place. Channels of the result are the panel's columns, sixteen floats at a
// time, and come out through a small transposition.
#include <knoll/core/kernels/convolution.h>
#include <knoll/core/kernels/correlation.h>
#include <knoll/core/kernels/depthwise.h>
#include <knoll/core/kernels/pixel_product.h>
#include <knoll/core/kernels/tile_product.h>
#include <knoll/core/kernels/winograd.h>
#include <knoll/core/parallel.h>

namespace knoll::kernels {

namespace {

constexpr std::int64_t positions_at_once = 16 * tile_rows;  // how many results lie in the first-level cache before they are written
constexpr std::int64_t wanted_parts = 16;
constexpr std::int64_t partial_elements = 4'000'000;  // the most that partial sums of weights may take

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

template <class T>
std::int64_t panels_for(std::int64_t columns) {
    return ceil_div(columns, panel_width<T>);
}

// Panels [depth, width] of one group after the other, of which the last of a group may be narrow, and what the results start from.
template <class T>
struct Panels {
    Panels(std::int64_t groups, std::int64_t columns, std::int64_t depth, const T* bias)
        : columns(columns),
          depth(depth),
          count(panels_for<T>(columns)),
          memory(groups * count * depth * panel_width<T>),
          starts(groups * count * panel_width<T>) {
        std::fill_n(starts.data(), groups * count * panel_width<T>, T(0));
        for (std::int64_t group = 0; bias != nullptr && group < groups; ++group) std::copy_n(bias + group * columns, columns, start(group));
    }
    std::int64_t lanes(std::int64_t panel) const { return std::min(panel_width<T>, columns - panel * panel_width<T>); }
    T* data(std::int64_t group, std::int64_t panel) const { return memory.data() + (group * count + panel) * depth * panel_width<T>; }
    /// One value per column: the bias, or 0.
    T* start(std::int64_t group) const { return starts.data() + group * count * panel_width<T>; }

    std::int64_t columns, depth, count;
    Scratch<T> memory, starts;
};

// Where results of consecutive output positions of a band go.
template <class T>
class OutputPlanes {
public:
    OutputPlanes(const Bands& bands, T* planes, std::int64_t first_row)
        : rows_(bands.rows()), columns_(bands.columns()), planes_(planes), first_row_(first_row) {}

    /// results [count, width], for so many channels from `channel` on.
    [[gnu::always_inline]] void write(std::int64_t position, std::int64_t count, const T* results, std::int64_t width, std::int64_t channel,
                                      std::int64_t channels) const {
        const std::int64_t plane = rows_.out * columns_.out;
        if (columns_.step == 1 && columns_.count == columns_.out && rows_.step == 1) {
            unpack_panel(results, width, channels, count, planes_ + channel * plane + first_row_ * columns_.out + position, plane);
            return;
        }
        std::int64_t y = position / columns_.count, x = position % columns_.count;
        for (std::int64_t i = 0; i < count;) {
            const std::int64_t run = std::min(count - i, columns_.count - x);
            T* into = planes_ + channel * plane + (rows_.first + (first_row_ + y) * rows_.step) * columns_.out + columns_.first + x * columns_.step;
            for (std::int64_t c = 0; c < channels; ++c)
                for (std::int64_t k = 0; k < run; ++k) into[c * plane + k * columns_.step] = results[(i + k) * width + c];
            i += run;
            x = 0;
            ++y;
        }
    }

private:
    Axis rows_, columns_;
    T* planes_;
    std::int64_t first_row_;
};

// The products of a whole band with all panels of a group. Positions come outermost: what a block of them reads stays in the
// first-level cache, and the panels stream by.
template <class T>
void multiply_band(const Bands& bands, std::int64_t positions, const T* band, const Panels<T>& panels, std::int64_t group, const T* start,
                   const OutputPlanes<T>& out) {
    const LeftMatrix<T> left{band, bands.position_offsets(), bands.tap_offsets(), bands.depth()};
    run_in_registers([=, first_panel = panels.data(group, 0), columns = panels.columns](auto rows_at_once) {
        alignas(64) std::array<T, positions_at_once * panel_width<T>> results;
        for (std::int64_t first = 0; first < positions; first += positions_at_once) {
            const std::int64_t last = std::min(positions, first + positions_at_once);
            for (std::int64_t channel = 0; channel < columns; channel += panel_width<T>) {
                const std::int64_t channels = std::min(panel_width<T>, columns - channel), width = width_for<T>(channels);
                tile_products<rows_at_once()>(left, first, last, first_panel + channel * left.depth, width, start + channel, 0, results.data());
                out.write(first, last - first, results.data(), width, channel, channels);
            }
        }
    });
}

// The same for few filters and stride 1: positions of all rows of the copy are computed, also those at a row's end that are no outputs.
void multiply_pixels(const Bands& bands, std::int64_t index, const float* band, const Panels<float>& panels, std::int64_t group, float* out) {
    const Axis& columns = bands.columns();
    const std::int64_t width = bands.width(), rows = bands.positions(index) / columns.count, plane = bands.rows().out * columns.out;
    const std::int64_t positions = (rows - 1) * width + columns.count, apart = ceil_div(positions, pixels_at_once<float>) * pixels_at_once<float>;
    const Scratch<float> sums(most_pixel_filters * apart);
    float* const into = out + bands.begin(index) * columns.out;
    run_in_registers([=, offsets = bands.tap_offsets(), depth = bands.depth(), weight = panels.data(group, 0), start = panels.start(group),
                      filters = panels.columns, count = columns.count, from = sums.data()](auto filters_at_once) {
        pixel_products<filters_at_once()>(band, offsets, depth, weight, start, positions, from, apart);
        for (std::int64_t filter = 0; filter < filters; ++filter)
            for (std::int64_t row = 0; row < rows; ++row)
                for (std::int64_t x = 0; x < count; ++x) into[filter * plane + row * count + x] = from[filter * apart + row * width + x];
    });
}

bool suits_pixels(const Axis& rows, const Axis& columns, std::int64_t filters) {
    return filters <= most_pixel_filters && rows.source_step == 1 && columns.source_step == 1 && rows.step == 1 && columns.step == 1 &&
           columns.count >= pixels_at_once<float> / 2;
}

// out = the correlation of source planes with panels, from their starts on.
template <class T>
void correlate(const Axis& rows, const Axis& columns, std::int64_t images, std::int64_t groups, std::int64_t channels, const T* source, const Panels<T>& panels,
               T* out) {
    if constexpr (std::is_same_v<T, float>)
        if (groups == 1 && winograd::pays(rows, columns, channels, panels.columns)) {
            winograd::correlate(rows, columns, images, channels, panels.columns, source, panels.data(0, 0), panels.start(0), out);
            return;
        }
    const Bands bands(rows, columns, channels, images * groups, 2 * panels.columns * panels.depth * columns.count, sizeof(T));
    const std::int64_t source_elements = channels * rows.source * columns.source, out_elements = panels.columns * rows.out * columns.out;
    parallel_for(images * groups * bands.count(), bands.per_chunk(), [&](std::int64_t begin, std::int64_t end) {
        const Scratch<T> band(bands.elements());
        for (std::int64_t job = begin; job < end; ++job) {
            const std::int64_t image_group = job / bands.count(), index = job % bands.count(), group = image_group % groups;
            bands.fill(index, source + image_group * source_elements, band.data());
            if constexpr (std::is_same_v<T, float>)
                if (suits_pixels(rows, columns, panels.columns)) {
                    multiply_pixels(bands, index, band.data(), panels, group, out + image_group * out_elements);
                    continue;
                }
            const OutputPlanes<T> into(bands, out + image_group * out_elements, bands.begin(index));
            multiply_band(bands, bands.positions(index), band.data(), panels, group, panels.start(group), into);
        }
    });
}

// The weights as the convolution reads them: [input channel and tap, output channel].
template <class T>
void pack_for_convolution(const ConvolutionGeometry& geometry, const T* weight, Panels<T>& panels) {
    parallel_for(geometry.groups * panels.count, 4, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t job = begin; job < end; ++job) {
            const std::int64_t group = job / panels.count, panel = job % panels.count;
            const T* from = weight + (group * geometry.out_channels + panel * panel_width<T>)*geometry.fan_in();
            run_vectorized([=, depth = panels.depth, lanes = panels.lanes(panel), width = width_for<T>(panels.lanes(panel)), into = panels.data(group, panel)] {
                pack_panel(from, depth, lanes, depth, into, width);
            });
        }
    });
}

// The weights as the adjoint in the input reads them: [output channel and tap, input channel].
template <class T>
void pack_for_adjoint(const ConvolutionGeometry& geometry, const Axis& rows, const Axis& columns, const T* weight, Panels<T>& panels) {
    parallel_for(geometry.groups * panels.count, 4, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t job = begin; job < end; ++job) {
            const std::int64_t group = job / panels.count, panel = job % panels.count, lanes = panels.lanes(panel), width = width_for<T>(lanes);
            T* into = panels.data(group, panel);
            for (std::int64_t filter = 0; filter < geometry.out_channels; ++filter) {
                const T* from = weight + ((group * geometry.out_channels + filter) * geometry.in_channels + panel * panel_width<T>)*geometry.taps();
                for (std::int64_t i = 0; i < rows.taps; ++i)
                    for (std::int64_t j = 0; j < columns.taps; ++j, into += width) {
                        const std::int64_t tap = (rows.tap + i * rows.tap_step) * geometry.kernel.width + columns.tap + j * columns.tap_step;
                        for (std::int64_t lane = 0; lane < width; ++lane) into[lane] = lane < lanes ? from[lane * geometry.taps() + tap] : T(0);
                    }
            }
        }
    });
}

Axis row_axis(const ConvolutionGeometry& g) {
    return convolution_axis(g.in.height, g.out.height, g.kernel.height, g.stride.height, g.padding.height, g.dilation.height);
}
Axis column_axis(const ConvolutionGeometry& g) {
    return convolution_axis(g.in.width, g.out.width, g.kernel.width, g.stride.width, g.padding.width, g.dilation.width);
}

// Adds the products of a band's taps with upstream gradients, over all positions of the band, to sums [panel][depth][panel_width].
template <class T>
void add_weight_products(const Bands& bands, std::int64_t index, const T* band, const T* upstream, std::int64_t plane, std::int64_t filters, T* packed,
                         T* sums) {
    const std::int64_t positions = bands.positions(index), depth = bands.depth();
    const std::int64_t sums_per_panel = ceil_div(depth, tile_rows) * tile_rows * panel_width<T>;
    const LeftMatrix<T> left{band, bands.tap_offsets(), bands.position_offsets(), positions};
    const T* from = upstream + bands.begin(index) * bands.columns().count;
    run_in_registers([=](auto rows_at_once) {
        for (std::int64_t first = 0; first < filters; first += panel_width<T>) {
            const std::int64_t lanes = std::min(panel_width<T>, filters - first), width = width_for<T>(lanes);
            T* into = sums + first / panel_width<T> * sums_per_panel;
            pack_panel(from + first * plane, plane, lanes, positions, packed, width);
            tile_products<rows_at_once()>(left, 0, depth, packed, width, into, width, into);
        }
    });
}

// weight [groups * filters, depth] = the sums of all parts, added in order.
template <class T>
void add_parts(const ConvolutionGeometry& geometry, T* partial, std::int64_t parts, std::int64_t sums_per_group, T* weight) {
    const std::int64_t filters = geometry.out_channels, depth = geometry.fan_in(), panels = panels_for<T>(filters);
    const std::int64_t sums_per_panel = sums_per_group / panels, apart = geometry.groups * sums_per_group;
    parallel_chunks(geometry.groups * panels, [&](std::int64_t job) {
        const std::int64_t group = job / panels, first = job % panels * panel_width<T>, lanes = std::min(panel_width<T>, filters - first);
        T* const total = partial + group * sums_per_group + job % panels * sums_per_panel;
        T* const into = weight + (group * filters + first) * depth;
        run_vectorized([=] {
            for (std::int64_t part = 1; part < parts; ++part)
                for (std::int64_t i = 0; i < sums_per_panel; ++i) total[i] += total[part * apart + i];
            unpack_panel(total, width_for<T>(lanes), lanes, depth, into, depth);
        });
    });
}

}  // namespace

template <class T>
void convolve(const ConvolutionGeometry& geometry, const T* x, const T* weight, const T* bias, T* out) {
    if (geometry.is_depthwise()) {
        depthwise_convolve(geometry, x, weight, bias, out);
        return;
    }
    Panels<T> panels(geometry.groups, geometry.out_channels, geometry.fan_in(), bias);
    pack_for_convolution(geometry, weight, panels);
    correlate(row_axis(geometry), column_axis(geometry), geometry.images, geometry.groups, geometry.in_channels, x, panels, out);
}

template <class T>
void convolve_adjoint_input(const ConvolutionGeometry& geometry, const T* out, const T* weight, const T* bias, T* x) {
    if (geometry.is_depthwise()) {
        depthwise_adjoint_input(geometry, out, weight, bias, x);
        return;
    }
    const ConvolutionGeometry& g = geometry;
    for (std::int64_t i = 0; i < g.stride.height; ++i)
        for (std::int64_t j = 0; j < g.stride.width; ++j) {
            const Axis rows = adjoint_axis(g.in.height, g.out.height, g.kernel.height, g.stride.height, g.padding.height, g.dilation.height, i);
            const Axis columns = adjoint_axis(g.in.width, g.out.width, g.kernel.width, g.stride.width, g.padding.width, g.dilation.width, j);
            Panels<T> panels(g.groups, g.in_channels, g.out_channels * rows.taps * columns.taps, bias);
            pack_for_adjoint(g, rows, columns, weight, panels);
            correlate(rows, columns, g.images, g.groups, g.out_channels, out, panels, x);
        }
}

template <class T>
void convolve_adjoint_weight(const ConvolutionGeometry& geometry, const T* x, const T* out, T* weight) {
    if (geometry.is_depthwise()) {
        depthwise_adjoint_weight(geometry, x, out, weight);
        return;
    }
    const std::int64_t filters = geometry.out_channels, depth = geometry.fan_in(), panels = panels_for<T>(filters);
    const std::int64_t sums_per_panel = ceil_div(depth, tile_rows) * tile_rows * panel_width<T>, sums_per_group = panels * sums_per_panel;
    const std::int64_t affordable = std::max<std::int64_t>(1, partial_elements / std::max<std::int64_t>(1, geometry.groups * sums_per_group));
    const auto size_of_parts = [&](std::int64_t jobs) { return std::max<std::int64_t>(1, ceil_div(jobs, std::min(affordable, wanted_parts))); };
    const Axis rows = row_axis(geometry), columns = column_axis(geometry);
    if constexpr (std::is_same_v<T, float>)
        if (geometry.images > 0 && geometry.groups == 1 && winograd::pays(rows, columns, geometry.in_channels, filters)) {
            const std::int64_t size = size_of_parts(geometry.images), parts = ceil_div(geometry.images, size);
            const Scratch<T> partial(parts * sums_per_group);
            parallel_for(geometry.images, size, [&](std::int64_t first, std::int64_t last) {
                T* const sums = partial.data() + first / size * sums_per_group;
                std::fill_n(sums, sums_per_group, T(0));
                winograd::sum_weight_gradients(rows, columns, first, last, geometry.in_channels, filters, x, out, sums, sums_per_panel);
            });
            add_parts(geometry, partial.data(), parts, sums_per_group, weight);
            return;
        }
    const Bands bands(rows, columns, geometry.in_channels, geometry.images * geometry.groups, 2 * filters * depth * geometry.out.width, sizeof(T));
    const std::int64_t jobs = geometry.images * bands.count(), size = size_of_parts(jobs), parts = std::max<std::int64_t>(1, ceil_div(jobs, size));
    const Scratch<T> partial(parts * geometry.groups * sums_per_group);
    parallel_chunks(parts * geometry.groups, [&](std::int64_t chunk) {
        const std::int64_t part = chunk / geometry.groups, group = chunk % geometry.groups;
        T* const sums = partial.data() + chunk * sums_per_group;
        std::fill_n(sums, sums_per_group, T(0));
        const Scratch<T> band(bands.elements()), packed(bands.most_positions() * panel_width<T>);
        for (std::int64_t job = part * size; job < std::min(jobs, (part + 1) * size); ++job) {
            const std::int64_t image_group = job / bands.count() * geometry.groups + group, index = job % bands.count();
            bands.fill(index, x + image_group * geometry.in_channels * geometry.pixels(), band.data());
            add_weight_products(bands, index, band.data(), out + image_group * filters * geometry.positions(), geometry.positions(), filters, packed.data(),
                                sums);
        }
    });
    add_parts(geometry, partial.data(), parts, sums_per_group, weight);
}

template void convolve(const ConvolutionGeometry&, const float*, const float*, const float*, float*);
template void convolve(const ConvolutionGeometry&, const double*, const double*, const double*, double*);
template void convolve_adjoint_input(const ConvolutionGeometry&, const float*, const float*, const float*, float*);
template void convolve_adjoint_input(const ConvolutionGeometry&, const double*, const double*, const double*, double*);
template void convolve_adjoint_weight(const ConvolutionGeometry&, const float*, const float*, float*);
template void convolve_adjoint_weight(const ConvolutionGeometry&, const double*, const double*, double*);

}  // namespace knoll::kernels
