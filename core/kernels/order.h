// Sorting and running sums along the middle of [outer, extent, inner].
#pragma once

#include <cstdint>

namespace knoll::kernels {

/// out[o, k, i] = where the k-th element in order stands in x[o, :, i], for k below count. Equal ones keep their order.
/// NaN counts as larger than any number.
template <class T>
void sorted_indices(const T* x, std::int64_t outer, std::int64_t extent, std::int64_t inner, std::int64_t count, bool descending, std::int64_t* out);

/// out[o, k, i] = x[o, 0, i] + .. + x[o, k, i].
template <class T>
void running_sum(const T* x, std::int64_t outer, std::int64_t extent, std::int64_t inner, T* out);

}  // namespace knoll::kernels
