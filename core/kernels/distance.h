// Distances between the rows of two matrices.
#pragma once

#include <cstdint>

namespace knoll::kernels {

/// out [m, n] = squared distances between the rows of a [m, d] and b [n, d], from differences, which keeps small ones exact.
template <class T>
void squared_distances(std::int64_t m, std::int64_t n, std::int64_t d, const T* a, const T* b, T* out);

}  // namespace knoll::kernels
