// Correlations of stride 1 with few filters, in float. A panel of sixteen filters (tile_product.h) would be mostly empty; here
// neighbouring positions of a row fill the vectors, and each weight is spread over one. Taps that read nothing but padding above or
// below the image are left out.
#pragma once

#include <knoll/core/kernels/correlation.h>

namespace knoll::kernels::pixels {

/// Filters that are computed together.
constexpr std::int64_t most_filters = 6;

/// True for what the functions below can do, and do faster than tile products.
bool pays(const Axis& rows, const Axis& columns, std::int64_t filters);

/// out [images, filters, out] = the correlation of source [images, channels, source], from `start` (one value per filter) on. weight:
/// [channel and tap, vector of filters], a narrow panel.
void correlate(const Axis& rows, const Axis& columns, std::int64_t images, std::int64_t channels, std::int64_t filters, const float* source,
               const float* weight, const float* start, float* out);

/// Adds the gradient of the weights over images first to last to sums [channel and tap, vector of filters].
void add_weight_gradients(const Axis& rows, const Axis& columns, std::int64_t first, std::int64_t last, std::int64_t channels, std::int64_t filters,
                          const float* source, const float* upstream, float* sums);

}  // namespace knoll::kernels::pixels
