#include <knoll/core/kernels/weight_panels.h>
#include <knoll/core/parallel.h>

namespace knoll::kernels {

template <class T>
void pack_for_convolution(const ConvolutionGeometry& geometry, const T* weight, WeightPanels<T>& panels) {
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

template <class T>
void pack_for_adjoint(const ConvolutionGeometry& geometry, const Axis& rows, const Axis& columns, const T* weight, WeightPanels<T>& panels) {
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

template void pack_for_convolution(const ConvolutionGeometry&, const float*, WeightPanels<float>&);
template void pack_for_convolution(const ConvolutionGeometry&, const double*, WeightPanels<double>&);
template void pack_for_adjoint(const ConvolutionGeometry&, const Axis&, const Axis&, const float*, WeightPanels<float>&);
template void pack_for_adjoint(const ConvolutionGeometry&, const Axis&, const Axis&, const double*, WeightPanels<double>&);

}  // namespace knoll::kernels
