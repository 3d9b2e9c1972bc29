#include <knoll/core/ops/reduced.h>
#include <knoll/core/ops/shape.h>

namespace knoll {

namespace {

// The dimensions that stay, then those that are reduced.
Dims rows_order(const ReducedShape& reduced) {
    Dims order;
    for (const std::int64_t flag : {0, 1})
        for (std::int64_t i = 0; i < reduced.flags.rank(); ++i)
            if (reduced.flags[i] == flag) order.push_back(i);
    return order;
}

}  // namespace

ReducedShape::ReducedShape(const char* op, const Shape& shape, const Dims& dims) : flags(dim_flags(op, dims, shape.rank())), kept(shape) {
    for (std::int64_t i = 0; i < shape.rank(); ++i) {
        if (flags[i] == 0) {
            dropped.push_back(shape[i]);
            continue;
        }
        count *= shape[i];
        kept[i] = 1;
    }
}

Tensor to_rows(const Tensor& a, const ReducedShape& reduced) { return reshape(permute(a, rows_order(reduced)), {reduced.dropped.numel(), reduced.count}); }

Tensor from_rows(const Tensor& rows, const Shape& shape, const ReducedShape& reduced) {
    const Dims order = rows_order(reduced);
    Shape permuted;
    Dims back = order;
    for (std::int64_t i = 0; i < order.rank(); ++i) {
        permuted.push_back(shape[order[i]]);
        back[order[i]] = i;
    }
    return permute(reshape(rows, permuted), back);
}

}  // namespace knoll
