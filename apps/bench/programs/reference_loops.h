// What knoll's kernels compute, as anyone would write it down at first: the loops of the definition, in their order. Arrays are row-major.
#pragma once

#include <cstdint>

namespace knoll::reference {

/// 3x3 convolution of square images with padding 1: x [images, channels, side, side], weight [filters, channels, 3, 3], bias [filters],
/// out [images, filters, side, side].
struct ConvolutionShape {
    std::int64_t images, channels, filters, side;
};
void convolve(const ConvolutionShape& shape, const float* x, const float* weight, const float* bias, float* out);
/// Gradients of the sum of out times upstream. They begin at 0.
void convolve_gradients(const ConvolutionShape& shape, const float* x, const float* weight, const float* upstream, float* x_gradient, float* weight_gradient,
                        float* bias_gradient);

/// c [m, n] = a [m, k] b [k, n].
void multiply(std::int64_t m, std::int64_t n, std::int64_t k, const float* a, const float* b, float* c);

/// Mean over all elements of the binary cross-entropy of logits, and its gradient.
float binary_cross_entropy(std::int64_t count, const float* logits, const float* targets, float* gradient);
/// Mean over the rows of logits [rows, classes], and its gradient.
float cross_entropy(std::int64_t rows, std::int64_t classes, const float* logits, const std::int64_t* labels, float* gradient);

/// y [images, channels, pixels] by the statistics of the batch, and the gradients of the sum of y times upstream.
struct BatchNormShape {
    std::int64_t images, channels, pixels;
};
void batch_norm(const BatchNormShape& shape, const float* x, const float* weight, const float* bias, const float* upstream, float* y, float* x_gradient,
                float* weight_gradient, float* bias_gradient);

/// Windows of 2x2: x [planes, side, side], y [planes, side / 2, side / 2]. x_gradient begins at 0.
void max_pool(std::int64_t planes, std::int64_t side, const float* x, const float* upstream, float* y, float* x_gradient);

}  // namespace knoll::reference
