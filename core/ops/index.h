// Ops that pick elements by i64 indices. Indices count from 0; one out of range is an IndexError that names it.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll {

/// out[.., i, ..] = a[.., index[.., i, ..], ..] along dim; index has a's rank and elsewhere no larger extents.
Tensor gather(const Tensor& a, std::int64_t dim, const Tensor& index);
/// a with source (of the index's shape) added at index along dim; what meets in one place is added in order, so the result has
/// the same bits every time.
Tensor scatter_add(const Tensor& a, std::int64_t dim, const Tensor& index, const Tensor& source);
/// The slices of a at index (a vector) along dim.
Tensor index_select(const Tensor& a, std::int64_t dim, const Tensor& index);
/// 1 at the index along a new last dimension of the given extent, 0 elsewhere. Not differentiable.
Tensor one_hot(const Tensor& index, std::int64_t classes, DType dtype = DType::f32);
/// Rows of weight [V, D] at index of any shape: shape index.shape + [D].
Tensor embedding(const Tensor& weight, const Tensor& index);

}  // namespace knoll
