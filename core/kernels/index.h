// Reading and adding at indices along the middle dimension of [outer, extent, inner]. Indices have been checked.
#pragma once

#include <cstdint>

namespace knoll::kernels {

/// out[o, k, i] = x[o, index[o, k, i], i] for k below count.
template <class T>
void gather(const T* x, const std::int64_t* index, std::int64_t outer, std::int64_t extent, std::int64_t count, std::int64_t inner, T* out);

/// out[o, index[o, k, i], i] += x[o, k, i], in the order of k.
template <class T>
void scatter_add(const T* x, const std::int64_t* index, std::int64_t outer, std::int64_t extent, std::int64_t count, std::int64_t inner, T* out);

/// out[o, k, :] = x[o, index[k], :].
template <class T>
void select_rows(const T* x, const std::int64_t* index, std::int64_t outer, std::int64_t extent, std::int64_t count, std::int64_t inner, T* out);

/// out[o, index[k], :] += x[o, k, :], in the order of k.
template <class T>
void add_rows(const T* x, const std::int64_t* index, std::int64_t outer, std::int64_t extent, std::int64_t count, std::int64_t inner, T* out);

}  // namespace knoll::kernels
