// Convolution where each input channel is a group of its own: too little work per pixel for a matrix product.
// Arrays as in convolution.h; geometry.is_depthwise() holds.
#pragma once

#include <knoll/core/kernels/convolution_geometry.h>

namespace knoll::kernels {

/// out from x, weight and bias (may be null).
template <class T>
void depthwise_convolve(const ConvolutionGeometry& geometry, const T* x, const T* weight, const T* bias, T* out);
/// Its adjoint in x: x from out and weight, plus a bias per input channel (may be null).
template <class T>
void depthwise_adjoint_input(const ConvolutionGeometry& geometry, const T* out, const T* weight, const T* bias, T* x);
/// Its adjoint in the weight: weight from x and out.
template <class T>
void depthwise_adjoint_weight(const ConvolutionGeometry& geometry, const T* x, const T* out, T* weight);

}  // namespace knoll::kernels
