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

    /// The input row and column that a tap reads at output position 0; may lie outside.
    std::int64_t row_offset(std::int64_t i) const { return i * dilation.height - padding.height; }
    std::int64_t column_offset(std::int64_t j) const { return j * dilation.width - padding.width; }
    /// The output rows and columns for which a tap lies inside the image.
    Inside rows_inside(std::int64_t i) const { return inside(row_offset(i), in.height, out.height, stride.height); }
    Inside columns_inside(std::int64_t j) const { return inside(column_offset(j), in.width, out.width, stride.width); }

private:
    static Inside inside(std::int64_t offset, std::int64_t in, std::int64_t out, std::int64_t stride) {
        const std::int64_t begin = offset >= 0 ? 0 : std::min(out, (-offset + stride - 1) / stride);
        const std::int64_t end = offset >= in ? 0 : std::min(out, (in - 1 - offset) / stride + 1);
        return {begin, std::max(begin, end)};
    }
};

}  // namespace knoll::kernels
