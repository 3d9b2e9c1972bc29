// Ops that order elements along one dimension.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll {

/// i64 position of the first largest element, row by row through all of them; NaN counts as largest. A scalar, not differentiable.
Tensor argmax(const Tensor& a);
Tensor argmin(const Tensor& a);
/// The same along dim.
Tensor argmax(const Tensor& a, std::int64_t dim, bool keepdim = false);
Tensor argmin(const Tensor& a, std::int64_t dim, bool keepdim = false);

struct Sorted {
    Tensor values;   ///< differentiable
    Tensor indices;  ///< i64: where each value stood
};
/// Stable; NaN last (first if descending).
Sorted sort(const Tensor& a, std::int64_t dim = -1, bool descending = false);
/// The count largest (or smallest) along dim, best first.
Sorted topk(const Tensor& a, std::int64_t count, std::int64_t dim = -1, bool largest = true);

/// Running sum along dim.
Tensor cumsum(const Tensor& a, std::int64_t dim);

}  // namespace knoll
