// Convolution in two dimensions, one general primitive and its two adjoints. Each of the three is linear in both of its
// arguments, and the gradients of each are the other two.
#pragma once

#include <knoll/core/ops/size2.h>
#include <knoll/core/tensor.h>

namespace knoll {

struct Conv2dOptions {
    Size2 stride = 1;
    Size2 padding = 0;
    Size2 dilation = 1;
    std::int64_t groups = 1;
};

/// Cross-correlation of x [N, C, H, W] with weight [O, C/groups, KH, KW], plus bias [O] (may be undefined):
/// [N, O, (H + 2 padding - dilation (KH - 1) - 1) / stride + 1, ..]. Throws ShapeError where shapes do not fit.
/// In f32, 3x3 kernels of stride 1 on 16 channels and more go through Winograd's method (kernels/winograd.h): results differ from the
/// plain sum in the last digits, and an infinity or NaN among the inputs spreads over a tile of 4x4 results. f64 is summed plainly.
/// Some of the kernels multiply padding as zeros and some leave it out: a result to which an infinite or NaN weight brings nothing but
/// padding may be NaN.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const Conv2dOptions& options = {});

struct ConvTranspose2dOptions {
    Size2 stride = 1;
    Size2 padding = 0;
    Size2 output_padding = 0;
    Size2 dilation = 1;
    std::int64_t groups = 1;
};

/// The adjoint of conv2d with respect to its input: x [N, C, H, W], weight [C, O/groups, KH, KW], bias [O] (may be undefined):
/// [N, O, (H - 1) stride - 2 padding + dilation (KH - 1) + output_padding + 1, ..]. Infinite and NaN weights are
/// as in conv2d, with zeros beyond the edges of x.
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const ConvTranspose2dOptions& options = {});

}  // namespace knoll
