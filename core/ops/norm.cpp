#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/distance.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/reduced.h>
#include <knoll/core/ops/scale.h>
#include <knoll/core/ops/shape.h>

#include <algorithm>
#include <cmath>

namespace knoll {

Tensor power_of_two_scale(const Tensor& a, const Dims& dims) {
    const ReducedShape reduced("power_of_two_scale", a.shape(), dims);
    if (reduced.count == 0) return ones(reduced.kept, a.dtype());
    const Tensor largest = max(abs(a.detach()), dims, true);
    Tensor scale = empty(largest.shape(), a.dtype());
    visit_floating("power_of_two_scale", a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const auto from = largest.data<T>();
        std::transform(from.begin(), from.end(), scale.fresh_data<T>(),
                       [](T value) { return value > T(0) && std::isfinite(value) ? std::ldexp(T(1), std::ilogb(value)) : T(1); });
    });
    return scale;
}

// The root of 0 is not taken at all, or its infinite slope would turn into NaN.
Tensor root(const Tensor& squares) {
    const Tensor positive = squares != 0.0;  // or NaN, which stays
    return where(positive, sqrt(where(positive, squares, 1.0)), 0.0);
}

Tensor vector_norm(const Tensor& a, const Dims& dims, bool keepdim) {
    require<DTypeError>(is_floating(a.dtype()), "[vector_norm] expected f32 or f64, got ", a.dtype(), "; convert with .to(DType::f32)");
    const ReducedShape reduced("vector_norm", a.shape(), dims);
    const Tensor scale = power_of_two_scale(a, dims);
    return reshape(scale * root(sum(square(a / scale), dims, true)), reduced.result(keepdim));
}

}  // namespace knoll
