// The three kernels of convolution. Arrays are those of ConvolutionGeometry: x, weight and out.
#pragma once

#include <knoll/core/kernels/convolution_geometry.h>

namespace knoll::kernels {

/// out = x convolved with weight, plus bias per output channel (may be null).
template <class T>
void convolve(const ConvolutionGeometry& geometry, const T* x, const T* weight, const T* bias, T* out);
/// The adjoint in x: x = out spread by weight, plus bias per input channel (may be null).
template <class T>
void convolve_adjoint_input(const ConvolutionGeometry& geometry, const T* out, const T* weight, const T* bias, T* x);
/// The adjoint in the weight: weight = correlation of x with out, over all images.
template <class T>
void convolve_adjoint_weight(const ConvolutionGeometry& geometry, const T* x, const T* out, T* weight);

}  // namespace knoll::kernels
