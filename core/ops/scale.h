// Scales under which no sum of squares overflows or vanishes. For those who write ops.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll {

/// For the elements of a over dims together, the power of two next below their largest magnitude, with extents of 1 in place of dims; 1 where
/// all are 0 or one is not finite. Has no gradient. Division by it is exact, so that what is scaled by it, and back, keeps its bits.
Tensor power_of_two_scale(const Tensor& a, const Dims& dims);

/// The square root, with gradient 0 at 0.
Tensor root(const Tensor& squares);

}  // namespace knoll
