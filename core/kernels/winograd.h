// 3x3 correlations of stride 1 in float by Winograd's minimal filtering (winograd_transforms.h): a quarter of the multiplications.
// Sums are rounded a little more than by the direct way, a few units in the last place of the largest term.
#pragma once

#include <knoll/core/kernels/correlation.h>

namespace knoll::kernels::winograd {

/// True for what the functions below can do, and do faster than direct products.
bool pays(const Axis& rows, const Axis& columns, std::int64_t channels, std::int64_t filters);

/// out [images, filters, out] = the correlation of source [images, channels, source], from `start` (one value per filter) on. weight:
/// panels [channel and tap, width] of so many filters each, as tile products take them.
void correlate(const Axis& rows, const Axis& columns, std::int64_t images, std::int64_t channels, std::int64_t filters, const float* source,
               const float* weight, const float* start, float* out);

/// The gradient of the weights, in the sums of one part of the images: [panel][channel and tap][panel_width], written whole. Images
/// from `first` to `last`.
void sum_weight_gradients(const Axis& rows, const Axis& columns, std::int64_t first, std::int64_t last, std::int64_t channels, std::int64_t filters,
                          const float* source, const float* upstream, float* sums, std::int64_t sums_per_panel);

}  // namespace knoll::kernels::winograd
