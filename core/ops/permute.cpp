#include <knoll/core/kernels/copy.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/record.h>

#include <algorithm>
#include <utility>

namespace knoll {

namespace {

Dims checked_order(const Tensor& a, const Dims& order) {
    require<ShapeError>(order.rank() == a.rank(), "[permute] expected ", a.rank(), " dimensions for a tensor of shape ", a.shape(), ", got ", order);
    Dims wrapped = order;
    IntList seen;
    seen.assign(a.rank(), 0);
    for (std::int64_t& dim : wrapped) {
        dim = wrap_dim("permute", dim, a.rank());
        require<ShapeError>(seen[dim]++ == 0, "[permute] expected each dimension once, got ", order);
    }
    return wrapped;
}

Dims inverse(const Dims& order) {
    Dims out = order;
    for (std::int64_t i = 0; i < order.rank(); ++i) out[order[i]] = i;
    return out;
}

}  // namespace

Tensor permute(const Tensor& a, const Dims& wanted) {
    const Dims order = checked_order(a, wanted);
    if (std::is_sorted(order.begin(), order.end())) return a;
    const IntList strides = row_major_strides(a.shape());
    Shape shape = a.shape();
    kernels::Layout read{0, strides};
    for (std::int64_t i = 0; i < order.rank(); ++i) {
        shape[i] = a.shape()[order[i]];
        read.strides[i] = strides[order[i]];
    }
    Tensor out = empty(shape, a.dtype());
    kernels::copy(shape, a, read, out, kernels::row_major(shape));
    return record("permute", std::move(out), gradient(a, [back = inverse(order)](const Tensor& g) { return permute(g, back); }));
}

Tensor transpose(const Tensor& a, std::int64_t first, std::int64_t second) {
    first = wrap_dim("transpose", first, a.rank());
    second = wrap_dim("transpose", second, a.rank());
    if (first == second) return a;
    Dims order;
    for (std::int64_t i = 0; i < a.rank(); ++i) order.push_back(i);
    std::swap(order[first], order[second]);
    return permute(a, order);
}

Tensor flip(const Tensor& a, const Dims& dims) {
    if (dims.empty()) return a;
    const IntList flipped = dim_flags("flip", dims, a.rank());
    kernels::Layout read = kernels::row_major(a.shape());
    for (std::int64_t i = 0; i < a.rank(); ++i) {
        if (flipped[i] == 0) continue;
        read.offset += (a.shape()[i] - 1) * read.strides[i];
        read.strides[i] = -read.strides[i];
    }
    Tensor out = empty(a.shape(), a.dtype());
    kernels::copy(a.shape(), a, read, out, kernels::row_major(a.shape()));
    return record("flip", std::move(out), gradient(a, [dims](const Tensor& g) { return flip(g, dims); }));
}

}  // namespace knoll
