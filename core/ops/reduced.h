// The shapes of reductions, and how a reduction over any dimensions becomes one over rows.
#pragma once

#include <knoll/core/storage.h>
#include <knoll/core/tensor.h>

namespace knoll {

/// What a reduction of a shape over some of its dimensions (a flag each) leaves.
struct ReducedShape {
    ReducedShape(const char* op, const Shape& shape, const Dims& dims);

    /// The result's shape.
    const Shape& result(bool keepdim) const { return keepdim ? kept : dropped; }

    IntList flags;           ///< 1 for each reduced dimension
    Shape kept;              ///< with extents of 1 in their place
    Shape dropped;           ///< without them
    std::int64_t count = 1;  ///< elements that make one
};

/// The reduced values, without a graph, one run of neighbouring dimensions at a time, the innermost first.
/// kernel(from, outer, count, inner, into) reduces the middle of [outer, count, inner], of any element type.
template <class Kernel>
Tensor reduce_values(const Tensor& a, const ReducedShape& reduced, bool keepdim, const Kernel& kernel) {
    if (a.rank() == 0) return a.detach().clone();
    Tensor current = a.detach();
    for (std::int64_t last = a.rank() - 1; last >= 0; --last) {
        if (reduced.flags[last] == 0) continue;
        std::int64_t first = last;
        while (first > 0 && reduced.flags[first - 1] != 0) --first;
        std::int64_t outer = 1, count = 1, inner = 1;
        Shape shape = current.shape();
        for (std::int64_t i = 0; i < a.rank(); ++i) {
            (i < first ? outer : i <= last ? count : inner) *= shape[i];
            if (i >= first && i <= last) shape[i] = 1;
        }
        Tensor out = empty(shape, a.dtype());
        visit(a.dtype(), [&](auto zero) {
            using T = decltype(zero);
            kernel(current.data<T>().data(), outer, count, inner, out.fresh_data<T>());
        });
        current = out;
        last = first;
    }
    return share_storage(current, reduced.result(keepdim));
}

/// The reduced dimensions moved to the end and merged: [results, count]. Differentiable; a reshape where they are the last already.
Tensor to_rows(const Tensor& a, const ReducedShape& reduced);
/// The inverse: rows back in the given shape.
Tensor from_rows(const Tensor& rows, const Shape& shape, const ReducedShape& reduced);

}  // namespace knoll
