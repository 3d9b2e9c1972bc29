#include <knoll/core/kernels/extremum.h>
#include <knoll/core/kernels/order.h>
#include <knoll/core/ops/axis.h>
#include <knoll/core/ops/index.h>
#include <knoll/core/ops/order.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/record.h>
#include <knoll/core/storage.h>

namespace knoll {

namespace {

Tensor extremum_index(const char* op, const Tensor& a, std::int64_t dim, bool keepdim, kernels::Extremum which) {
    const Axis axis(op, a.shape(), dim);
    require<ShapeError>(axis.extent > 0, "[", op, "] expected at least one element along dimension ", axis.dim, ", got shape ", a.shape());
    Shape shape = a.shape();
    if (keepdim && shape.rank() > 0) shape[axis.dim] = 1;
    if (!keepdim && shape.rank() > 0) shape.erase(axis.dim);
    Tensor out = empty(shape, DType::i64);
    visit(a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::extremum_index(which, a.data<T>().data(), axis.outer, axis.extent, axis.inner, out.fresh_data<std::int64_t>());
    });
    return out;
}

Tensor extremum_index(const char* op, const Tensor& a, kernels::Extremum which) {
    require<ShapeError>(a.numel() > 0, "[", op, "] expected at least one element, got shape ", a.shape());
    return extremum_index(op, share_storage(a, {a.numel()}), 0, false, which);
}

// The first so many in order.
Sorted sorted_front(const Tensor& a, const Axis& axis, std::int64_t count, bool descending) {
    Shape shape = a.shape();
    if (shape.rank() > 0) shape[axis.dim] = count;
    Tensor indices = empty(shape, DType::i64);
    visit(a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::sorted_indices(a.data<T>().data(), axis.outer, axis.extent, axis.inner, count, descending, indices.fresh_data<std::int64_t>());
    });
    return {.values = gather(a, axis.dim, indices), .indices = indices};
}

}  // namespace

Tensor argmax(const Tensor& a) { return extremum_index("argmax", a, kernels::Extremum::largest); }
Tensor argmin(const Tensor& a) { return extremum_index("argmin", a, kernels::Extremum::smallest); }
Tensor argmax(const Tensor& a, std::int64_t dim, bool keepdim) { return extremum_index("argmax", a, dim, keepdim, kernels::Extremum::largest); }
Tensor argmin(const Tensor& a, std::int64_t dim, bool keepdim) { return extremum_index("argmin", a, dim, keepdim, kernels::Extremum::smallest); }

Sorted sort(const Tensor& a, std::int64_t dim, bool descending) {
    const Axis axis("sort", a.shape(), dim);
    return sorted_front(a, axis, axis.extent, descending);
}

Sorted topk(const Tensor& a, std::int64_t count, std::int64_t dim, bool largest) {
    const Axis axis("topk", a.shape(), dim);
    // A scalar cannot lose its only element: its shape has no dimension to shrink.
    const std::int64_t fewest = a.rank() == 0 ? 1 : 0;
    require<ValueError>(count >= fewest && count <= axis.extent, "[topk] expected a count from ", fewest, " to ", axis.extent, ", the extent of dimension ",
                        axis.dim, ", got ", count);
    return sorted_front(a, axis, count, largest);
}

Tensor cumsum(const Tensor& a, std::int64_t dim) {
    if (a.dtype() == DType::u8) return cumsum(a.to(DType::i64), dim);
    const Axis axis("cumsum", a.shape(), dim);
    Tensor out = empty(a.shape(), a.dtype());
    visit(a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        if constexpr (!std::is_same_v<T, std::uint8_t>) kernels::running_sum(a.data<T>().data(), axis.outer, axis.extent, axis.inner, out.fresh_data<T>());
    });
    return record("cumsum", std::move(out), gradient(a, [dim = axis.dim](const Tensor& g) { return flip(cumsum(flip(g, dim), dim), dim); }));
}

}  // namespace knoll
