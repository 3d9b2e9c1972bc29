// Sums with fixed chunks and double accumulators: the same bits at any number of threads, and float sums that stay
// exact to rounding over 10^8 elements.
#pragma once

#include <cstdint>

namespace knoll::kernels {

/// out[o, i] = sum over r of x[o, r, i].
template <class T>
void sum_middle(const T* x, std::int64_t outer, std::int64_t reduced, std::int64_t inner, T* out);

/// That divided by `reduced`.
template <class T>
void mean_middle(const T* x, std::int64_t outer, std::int64_t reduced, std::int64_t inner, T* out);

}  // namespace knoll::kernels
