// Correlations of any kind by tile products (tile_product.h) on bands of the images (correlation.h). There is no matrix of columns: the
// product reads the band in its place. Channels of the result are the panel's columns, sixteen floats at a time, and come out through
// a small transposition.
#pragma once

#include <knoll/core/kernels/weight_panels.h>

namespace knoll::kernels::direct {

/// out [images, groups * filters, out] = the correlation of source [images, groups * channels, source] with the panels, from their starts on.
template <class T>
void correlate(const Axis& rows, const Axis& columns, std::int64_t images, std::int64_t groups, std::int64_t channels, const T* source,
               const WeightPanels<T>& panels, T* out);

/// Adds to sums [panel][channel and tap, width] the gradient of one group's weights over jobs first to last: bands of images.
template <class T>
void add_weight_gradients(const Bands& bands, std::int64_t first, std::int64_t last, std::int64_t groups, std::int64_t group, std::int64_t channels,
                          std::int64_t filters, const T* source, const T* upstream, T* sums, std::int64_t sums_per_panel);

}  // namespace knoll::kernels::direct
