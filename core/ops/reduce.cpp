#include <knoll/core/kernels/sum.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/record.h>

namespace knoll {

namespace {

// The result's shape with every reduced extent left as 1.
Shape kept_shape(const Shape& shape, const IntList& reduced) {
    Shape out = shape;
    for (std::int64_t i = 0; i < shape.rank(); ++i)
        if (reduced[i] != 0) out[i] = 1;
    return out;
}

Shape dropped_shape(const Shape& shape, const IntList& reduced) {
    Shape out;
    for (std::int64_t i = 0; i < shape.rank(); ++i)
        if (reduced[i] == 0) out.push_back(shape[i]);
    return out;
}

// Sums one run of neighbouring reduced dimensions at a time, the innermost first.
Tensor sum_values(const Tensor& a, const IntList& reduced) {
    Tensor current = a.detach();
    for (std::int64_t last = a.rank() - 1; last >= 0; --last) {
        if (reduced[last] == 0) continue;
        std::int64_t first = last;
        while (first > 0 && reduced[first - 1] != 0) --first;
        std::int64_t outer = 1, count = 1, inner = 1;
        Shape shape = current.shape();
        for (std::int64_t i = 0; i < a.rank(); ++i) {
            (i < first ? outer : i <= last ? count : inner) *= shape[i];
            if (i >= first && i <= last) shape[i] = 1;
        }
        Tensor out = empty(shape, a.dtype());
        visit(a.dtype(), [&](auto zero) {
            using T = decltype(zero);
            if constexpr (!std::is_same_v<T, std::uint8_t>) kernels::sum_middle(current.data<T>().data(), outer, count, inner, out.fresh_data<T>());
        });
        current = out;
        last = first;
    }
    return current;
}

}  // namespace

Tensor sum(const Tensor& a, const Dims& dims, bool keepdim) {
    if (a.dtype() == DType::u8) return sum(a.to(DType::i64), dims, keepdim);
    const IntList reduced = dim_flags("sum", dims, a.rank());
    const Shape kept = kept_shape(a.shape(), reduced);
    Tensor out = share_storage(sum_values(a, reduced), keepdim ? kept : dropped_shape(a.shape(), reduced));
    return record("sum", std::move(out), gradient(a, [kept, shape = a.shape()](const Tensor& g) { return broadcast_to(reshape(g, kept), shape); }));
}

Tensor mean(const Tensor& a, const Dims& dims, bool keepdim) {
    require<DTypeError>(is_floating(a.dtype()), "[mean] expected f32 or f64, got ", a.dtype(), "; convert with .to(DType::f32)");
    const Tensor total = sum(a, dims, keepdim);
    require<ShapeError>(a.numel() > 0 || total.numel() == 0, "[mean] expected at least one element, got shape ", a.shape());
    return total * (static_cast<double>(total.numel()) / static_cast<double>(a.numel() > 0 ? a.numel() : 1));
}

}  // namespace knoll
