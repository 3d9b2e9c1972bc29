// Lengths of vectors, and similarity and distance between them. No square overflows or vanishes on the way: the result is right wherever
// it is a normal number itself.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll {

/// The Euclidean length of a over dims (all unless given): the root of the sum of squares. The gradient at a vector of zeros is 0.
Tensor vector_norm(const Tensor& a, const Dims& dims = {}, bool keepdim = false);
/// a.b / max(|a| |b|, epsilon) along dim; shapes broadcast.
Tensor cosine_similarity(const Tensor& a, const Tensor& b, std::int64_t dim = 1, double epsilon = 1e-8);
/// a / max(|a|, epsilon) along dim: vectors of length 1.
Tensor normalize(const Tensor& a, std::int64_t dim = -1, double epsilon = 1e-12);
/// Euclidean distances between the rows of a [.., M, D] and b [.., N, D]: [.., M, N]. Where two rows coincide the gradient is 0.
Tensor pairwise_distances(const Tensor& a, const Tensor& b);
/// Their squares, smooth everywhere.
Tensor pairwise_squared_distances(const Tensor& a, const Tensor& b);

}  // namespace knoll
