// Weights as the products of a convolution read them: panels (panel.h) of filters, for each group of channels.
#pragma once

#include <knoll/core/kernels/correlation.h>
#include <knoll/core/kernels/integers.h>
#include <knoll/core/kernels/panel.h>

namespace knoll::kernels {

template <class T>
constexpr std::int64_t panels_for(std::int64_t columns) {
    return ceil_div(columns, panel_width<T>);
}

/// Panels [depth, width] of one group after the other, of which the last of a group may be narrow, and what the results start from: the
/// bias (one value per column and group, may be null), or 0.
template <class T>
struct WeightPanels {
    WeightPanels(std::int64_t groups, std::int64_t columns, std::int64_t depth, const T* bias)
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
    /// One value per column of the group.
    T* start(std::int64_t group) const { return starts.data() + group * count * panel_width<T>; }

    std::int64_t columns, depth, count;
    Scratch<T> memory, starts;
};

/// [input channel and tap, output channel].
template <class T>
void pack_for_convolution(const ConvolutionGeometry& geometry, const T* weight, WeightPanels<T>& panels);
/// [output channel and tap, input channel], for the taps of these axes of the adjoint in the input.
template <class T>
void pack_for_adjoint(const ConvolutionGeometry& geometry, const Axis& rows, const Axis& columns, const T* weight, WeightPanels<T>& panels);

}  // namespace knoll::kernels
