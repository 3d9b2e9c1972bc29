// There are three ways of computing a correlation, and each has a file: direct_correlation.h can do all, winograd.h does many channels
// with a quarter of the multiplications, pixel_correlation.h few filters without waste. Here one is chosen, for the convolution and
// for its adjoint in the input alike; and sums of weight gradients are made in parts, added in a fixed order.
#include <knoll/core/kernels/convolution.h>
#include <knoll/core/kernels/depthwise.h>
#include <knoll/core/kernels/direct_correlation.h>
#include <knoll/core/kernels/integers.h>
#include <knoll/core/kernels/pixel_correlation.h>
#include <knoll/core/kernels/tile_product.h>
#include <knoll/core/kernels/winograd.h>
#include <knoll/core/parallel.h>

namespace knoll::kernels {

namespace {

constexpr std::int64_t wanted_parts = 16;             // enough to keep any number of threads busy that such work is worth
constexpr std::int64_t partial_elements = 4'000'000;  // the most that partial sums of weights may take

Axis row_axis(const ConvolutionGeometry& g) {
    return convolution_axis(g.in.height, g.out.height, g.kernel.height, g.stride.height, g.padding.height, g.dilation.height);
}
Axis column_axis(const ConvolutionGeometry& g) {
    return convolution_axis(g.in.width, g.out.width, g.kernel.width, g.stride.width, g.padding.width, g.dilation.width);
}

template <class T>
void correlate(const Axis& rows, const Axis& columns, std::int64_t images, std::int64_t groups, std::int64_t channels, const T* source,
               const WeightPanels<T>& panels, T* out) {
    if constexpr (std::is_same_v<T, float>)
        if (groups == 1) {
            if (winograd::pays(rows, columns, channels, panels.columns))
                return winograd::correlate(rows, columns, images, channels, panels.columns, source, panels.data(0, 0), panels.start(0), out);
            if (pixels::pays(rows, columns, panels.columns))
                return pixels::correlate(rows, columns, images, channels, panels.columns, source, panels.data(0, 0), panels.start(0), out);
        }
    direct::correlate(rows, columns, images, groups, channels, source, panels, out);
}

// How sums of weight gradients [group][panel][channel and tap, width] are laid out, and how many parts can be afforded.
template <class T>
struct PartialSums {
    explicit PartialSums(const ConvolutionGeometry& geometry)
        : per_panel(round_up(geometry.fan_in(), tile_rows) * panel_width<T>),
          per_group(panels_for<T>(geometry.out_channels) * per_panel),
          all(std::max<std::int64_t>(1, geometry.groups * per_group)) {}
    /// How many of so many jobs make a part.
    std::int64_t part_size(std::int64_t jobs) const {
        return std::max<std::int64_t>(1, ceil_div(jobs, std::clamp<std::int64_t>(partial_elements / all, 1, wanted_parts)));
    }

    std::int64_t per_panel, per_group, all;
};

// weight [groups * filters, depth] = the sums of all parts, added in order.
template <class T>
void add_parts(const ConvolutionGeometry& geometry, T* partial, std::int64_t parts, const PartialSums<T>& sums, T* weight) {
    const std::int64_t filters = geometry.out_channels, depth = geometry.fan_in(), panels = panels_for<T>(filters);
    parallel_chunks(geometry.groups * panels, [&](std::int64_t job) {
        const std::int64_t group = job / panels, first = job % panels * panel_width<T>, lanes = std::min(panel_width<T>, filters - first);
        T* const total = partial + group * sums.per_group + job % panels * sums.per_panel;
        T* const into = weight + (group * filters + first) * depth;
        run_vectorized([=, count = sums.per_panel, apart = sums.all] {
            for (std::int64_t part = 1; part < parts; ++part)
                for (std::int64_t i = 0; i < count; ++i) total[i] += total[part * apart + i];
            unpack_panel(total, width_for<T>(lanes), lanes, depth, into, depth);
        });
    });
}

// sum_part(group, first, last, sums) adds jobs first to last of a group to sums that are 0.
template <class T, class SumPart>
void sum_in_parts(const ConvolutionGeometry& geometry, std::int64_t jobs, const SumPart& sum_part, T* weight) {
    const PartialSums<T> sums(geometry);
    const std::int64_t size = sums.part_size(jobs), parts = std::max<std::int64_t>(1, ceil_div(jobs, size));
    const Scratch<T> partial(parts * sums.all);
    parallel_chunks(parts * geometry.groups, [&](std::int64_t chunk) {
        T* const into = partial.data() + chunk * sums.per_group;
        std::fill_n(into, sums.per_group, T(0));
        const std::int64_t part = chunk / geometry.groups;
        sum_part(chunk % geometry.groups, part * size, std::min(jobs, (part + 1) * size), into, sums.per_panel);
    });
    add_parts(geometry, partial.data(), parts, sums, weight);
}

}  // namespace

template <class T>
void convolve(const ConvolutionGeometry& geometry, const T* x, const T* weight, const T* bias, T* out) {
    if (geometry.is_depthwise()) {
        depthwise_convolve(geometry, x, weight, bias, out);
        return;
    }
    WeightPanels<T> panels(geometry.groups, geometry.out_channels, geometry.fan_in(), bias);
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
            WeightPanels<T> panels(g.groups, g.in_channels, g.out_channels * rows.taps * columns.taps, bias);
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
    const std::int64_t channels = geometry.in_channels, filters = geometry.out_channels;
    const Axis rows = row_axis(geometry), columns = column_axis(geometry);
    if constexpr (std::is_same_v<T, float>) {
        const auto by_winograd = [&](std::int64_t, std::int64_t first, std::int64_t last, T* sums, std::int64_t per_panel) {
            winograd::sum_weight_gradients(rows, columns, first, last, channels, filters, x, out, sums, per_panel);
        };
        const auto by_pixels = [&](std::int64_t, std::int64_t first, std::int64_t last, T* sums, std::int64_t) {
            pixels::add_weight_gradients(rows, columns, first, last, channels, filters, x, out, sums);
        };
        if (geometry.groups == 1 && winograd::pays(rows, columns, channels, filters)) return sum_in_parts(geometry, geometry.images, by_winograd, weight);
        if (geometry.groups == 1 && pixels::pays(rows, columns, filters)) return sum_in_parts(geometry, geometry.images, by_pixels, weight);
    }
    const Bands bands(rows, columns, channels, geometry.images * geometry.groups, 2 * filters * geometry.fan_in() * geometry.out.width, sizeof(T));
    const auto directly = [&](std::int64_t group, std::int64_t first, std::int64_t last, T* sums, std::int64_t per_panel) {
        direct::add_weight_gradients(bands, first, last, geometry.groups, group, channels, filters, x, out, sums, per_panel);
    };
    sum_in_parts(geometry, geometry.images * bands.count(), directly, weight);
}

template void convolve(const ConvolutionGeometry&, const float*, const float*, const float*, float*);
template void convolve(const ConvolutionGeometry&, const double*, const double*, const double*, double*);
template void convolve_adjoint_input(const ConvolutionGeometry&, const float*, const float*, const float*, float*);
template void convolve_adjoint_input(const ConvolutionGeometry&, const double*, const double*, const double*, double*);
template void convolve_adjoint_weight(const ConvolutionGeometry&, const float*, const float*, float*);
template void convolve_adjoint_weight(const ConvolutionGeometry&, const double*, const double*, double*);

}  // namespace knoll::kernels
