// The values of an op of one floating-point tensor. For those who write ops.
#pragma once

#include <knoll/core/kernels/map.h>

namespace knoll {

/// A tensor of a's shape and type with out[i] = f(a[i]). f is generic over float and double, and plain arithmetic or made of
/// kernels/math.h, so that it is vectorised. Throws DTypeError naming the op for integers.
template <class F>
Tensor map_floating(const char* op, const Tensor& a, const F& f) {
    return visit_floating(op, a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        Tensor out = empty(a.shape(), a.dtype());
        kernels::map_unary(a.data<T>().data(), out.fresh_data<T>(), a.numel(), f);
        return out;
    });
}

}  // namespace knoll
