// Copies between strided layouts: what permute, flip, slice, pad and concat are made of.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll::kernels {

/// Where the elements of a box lie in an array: element [i, j, ..] at offset + i * strides[0] + j * strides[1] + ..
/// All count in elements; a stride may be negative or 0.
struct Layout {
    std::int64_t offset = 0;
    IntList strides;
};

/// The layout of a whole tensor of this shape.
inline Layout row_major(const Shape& shape) { return {0, row_major_strides(shape)}; }

/// into[write(i, j, ..)] = from[read(i, j, ..)] for every element of a box; the tensors have one type, and no two
/// elements of the box are written to one place.
void copy(const Shape& box, const Tensor& from, const Layout& read, Tensor& into, const Layout& write);

}  // namespace knoll::kernels
