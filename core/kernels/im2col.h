// Convolution as a matrix product: the columns of a matrix hold what each output position reads.
#pragma once

#include <knoll/core/kernels/convolution_geometry.h>

namespace knoll::kernels {

/// Whole rows of output positions: begin <= y < end.
struct OutputRows {
    std::int64_t begin, end;
    std::int64_t count() const { return end - begin; }
};

/// columns [channels * taps, rows * out.width] from planes [channels, in]; what lies in the padding is 0.
template <class T>
void im2col(const ConvolutionGeometry& geometry, const T* planes, std::int64_t channels, OutputRows rows, T* columns);

/// The adjoint: adds columns to the pixels of the planes that they came from.
template <class T>
void col2im(const ConvolutionGeometry& geometry, const T* columns, std::int64_t channels, OutputRows rows, T* planes);

}  // namespace knoll::kernels
