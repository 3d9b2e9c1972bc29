// Pooling over windows of images [N, C, H, W].
#pragma once

#include <knoll/core/ops/size2.h>
#include <knoll/core/tensor.h>

#include <optional>

namespace knoll {

struct Pool2dOptions {
    Size2 kernel = 2;
    std::optional<Size2> stride = {};  ///< the kernel's size unless given
    Size2 padding = 0;                 ///< at most half the kernel
    bool count_padding = true;         ///< averages: padding counts as zeros
};

/// The largest of each window; the first in row-major order gets the gradient. Padding never wins. NaN wins.
Tensor max_pool2d(const Tensor& x, const Pool2dOptions& options);
Tensor avg_pool2d(const Tensor& x, const Pool2dOptions& options);
/// Averages over windows that divide the image into the given number of rows and columns (as PyTorch divides it).
Tensor adaptive_avg_pool2d(const Tensor& x, const Size2& output);

}  // namespace knoll
