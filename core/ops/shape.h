// Ops that rearrange a tensor and compute nothing. All are differentiable.
#pragma once

#include <knoll/core/tensor.h>

#include <utility>
#include <vector>

namespace knoll {

/// The same elements in another shape; one extent may be -1 and is found from the rest. Shares the array.
Tensor reshape(const Tensor& a, const Shape& shape);
/// Merges dimensions first .. last into one.
Tensor flatten(const Tensor& a, std::int64_t first = 0, std::int64_t last = -1);
/// Dimension i of the result is dimension order[i] of a. Copies.
Tensor permute(const Tensor& a, const Dims& order);
/// Swaps two dimensions. Copies; matmul takes transposed operands without a copy.
Tensor transpose(const Tensor& a, std::int64_t first, std::int64_t second);
/// Drops those of the given dimensions whose extent is 1 (the others stay), or all such.
Tensor squeeze(const Tensor& a, const Dims& dims = {});
/// Adds a dimension of extent 1 before position dim of the result.
Tensor unsqueeze(const Tensor& a, std::int64_t dim);

/// Joins tensors along an existing dimension; all other extents are equal.
Tensor concat(const std::vector<Tensor>& parts, std::int64_t dim = 0);
/// Joins tensors of one shape along a new dimension.
Tensor stack(const std::vector<Tensor>& parts, std::int64_t dim = 0);
/// Cuts along dim into pieces of the given size (the last may be smaller).
std::vector<Tensor> split(const Tensor& a, std::int64_t size, std::int64_t dim = 0);
/// Cuts along dim into pieces of the given sizes, which add up to the extent.
std::vector<Tensor> split(const Tensor& a, const std::vector<std::int64_t>& sizes, std::int64_t dim = 0);
/// Elements begin, begin + step, ... before end along dim; negative begin or end count from the end, as in Python; step >= 1.
Tensor slice(const Tensor& a, std::int64_t dim, std::int64_t begin, std::int64_t end, std::int64_t step = 1);
/// Element index along dim, which disappears.
Tensor select(const Tensor& a, std::int64_t dim, std::int64_t index);
/// Adds (before, after) elements of a constant along each of the last dimensions, the outermost first. Negative crops.
Tensor pad(const Tensor& a, const std::vector<std::pair<std::int64_t, std::int64_t>>& amounts, double value = 0.0);
/// Reverses the given dimensions; none if the list is empty.
Tensor flip(const Tensor& a, const Dims& dims);

}  // namespace knoll
