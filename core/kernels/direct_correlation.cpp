#include <knoll/core/kernels/direct_correlation.h>
#include <knoll/core/kernels/tile_product.h>
#include <knoll/core/parallel.h>

namespace knoll::kernels::direct {

namespace {

constexpr std::int64_t positions_at_once = 16 * tile_rows;  // how many results lie in the first-level cache before they are written

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
void multiply_band(const Bands& bands, std::int64_t positions, const T* band, const WeightPanels<T>& panels, std::int64_t group, const T* start,
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

// The same for the gradient of the weights: a band's taps times upstream gradients, summed over all positions of the band.
template <class T>
void add_weight_products(const Bands& bands, std::int64_t index, const T* band, const T* upstream, std::int64_t plane, std::int64_t filters, T* packed, T* sums,
                         std::int64_t sums_per_panel) {
    const std::int64_t positions = bands.positions(index), depth = bands.depth();
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

}  // namespace

template <class T>
void correlate(const Axis& rows, const Axis& columns, std::int64_t images, std::int64_t groups, std::int64_t channels, const T* source,
               const WeightPanels<T>& panels, T* out) {
    const Bands bands(rows, columns, channels, images * groups, 2 * panels.columns * panels.depth * columns.count, sizeof(T));
    const std::int64_t source_elements = channels * rows.source * columns.source, out_elements = panels.columns * rows.out * columns.out;
    parallel_for(images * groups * bands.count(), bands.per_chunk(), [&](std::int64_t begin, std::int64_t end) {
        const Scratch<T> band(bands.elements());
        for (std::int64_t job = begin; job < end; ++job) {
            const std::int64_t image_group = job / bands.count(), index = job % bands.count(), group = image_group % groups;
            bands.fill(index, source + image_group * source_elements, band.data());
            const OutputPlanes<T> into(bands, out + image_group * out_elements, bands.begin(index));
            multiply_band(bands, bands.positions(index), band.data(), panels, group, panels.start(group), into);
        }
    });
}

template <class T>
void add_weight_gradients(const Bands& bands, std::int64_t first, std::int64_t last, std::int64_t groups, std::int64_t group, std::int64_t channels,
                          std::int64_t filters, const T* source, const T* upstream, T* sums, std::int64_t sums_per_panel) {
    const std::int64_t pixels = bands.rows().source * bands.columns().source, positions = bands.rows().out * bands.columns().out;
    const Scratch<T> band(bands.elements()), packed(bands.most_positions() * panel_width<T>);
    for (std::int64_t job = first; job < last; ++job) {
        const std::int64_t image_group = job / bands.count() * groups + group, index = job % bands.count();
        bands.fill(index, source + image_group * channels * pixels, band.data());
        add_weight_products(bands, index, band.data(), upstream + image_group * filters * positions, positions, filters, packed.data(), sums, sums_per_panel);
    }
}

template void correlate(const Axis&, const Axis&, std::int64_t, std::int64_t, std::int64_t, const float*, const WeightPanels<float>&, float*);
template void correlate(const Axis&, const Axis&, std::int64_t, std::int64_t, std::int64_t, const double*, const WeightPanels<double>&, double*);
template void add_weight_gradients(const Bands&, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, const float*, const float*,
                                   float*, std::int64_t);
template void add_weight_gradients(const Bands&, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, const double*,
                                   const double*, double*, std::int64_t);

}  // namespace knoll::kernels::direct
