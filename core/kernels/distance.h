// Distances between the rows of two matrices.
#pragma once

#include <cstdint>

namespace knoll::kernels {

/// out [m, n] = squared distances between the rows of a [m, d] and b [n, d], from differences, which keeps small ones exact.
template <class T>
void squared_distances(std::int64_t m, std::int64_t n, std::int64_t d, const T* a, const T* b, T* out);

/// out [m, n] = the distances themselves, from their squares; from the rows under a scale of their own where a square overflows or loses
/// digits. Whether that was needed for a distance other than 0.
template <class T>
bool distances(std::int64_t m, std::int64_t n, std::int64_t d, const T* a, const T* b, const T* squares, T* out);

}  // namespace knoll::kernels
