// The extents of one convolution, shared by its kernels.
#pragma once

#include <knoll/core/ops/size2.h>

#include <algorithm>
#include <cstdint>

namespace knoll::kernels {

/// Output positions along one dimension whose tap falls inside the input.
struct Inside {
    std::int64_t begin, end;
};

/// x [images, groups * in_channels, in], weight [groups * out_channels, in_channels, kernel], out [images, groups * out_channels, out].
struct ConvolutionGeometry {
    std::int64_t images = 0;
    std::int64_t groups = 1;
    std::int64_t in_channels = 0;   ///< per group
    std::int64_t out_channels = 0;  ///< per group
    Size2 in = 0, out = 0, kernel = 1;
    Size2 stride = 1, padding = 0, dilation = 1;

    std::int64_t pixels() const { return in.height * in.width; }
    std::int64_t positions() const { return out.height * out.width; }
    std::int64_t taps() const { return kernel.height * kernel.width; }
    /// Weights that make one output channel: the inner dimension of the matrix product.
    std::int64_t fan_in() const { return in_channels * taps(); }
    std::int64_t weights() const { return groups * out_channels * fan_in(); }

    /// True if the image itself is the matrix of columns.
    bool is_pointwise() const { return kernel == Size2(1) && stride == Size2(1) && padding == Size2(0) && in == out; }
    /// True if each channel is convolved on its own.
    bool is_depthwise() const { return groups > 1 && in_channels == 1; }

    /// The input row that tap row i of output row y reads; may lie outside.
    std::int64_t input_row(std::int64_t y, std::int64_t i) const { return y * stride.height + i * dilation.height - padding.height; }
    /// The input column that tap column j of output column 0 reads; may lie outside.
    std::int64_t column_offset(std::int64_t j) const { return j * dilation.width - padding.width; }
    /// The output columns for which tap column j lies inside the image.
    Inside inside(std::int64_t j) const {
        const std::int64_t offset = column_offset(j);
        const std::int64_t begin = offset >= 0 ? 0 : std::min(out.width, (-offset + stride.width - 1) / stride.width);
        const std::int64_t end = offset >= in.width ? 0 : std::min(out.width, (in.width - 1 - offset) / stride.width + 1);
        return {begin, std::max(begin, end)};
    }
};

}  // namespace knoll::kernels
