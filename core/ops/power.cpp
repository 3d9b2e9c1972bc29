// Powers. The gradients keep to the limit from above where the plain formula would say 0 * infinity.
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/unary.h>
#include <knoll/core/record.h>

#include <cmath>
#include <limits>

namespace knoll {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// std::pow takes denormals apart by their bits, and garbles what the arithmetic between counts as zero (set_flush_denormals()): a
// number that compares equal to zero has to be zero.
template <class T>
[[gnu::always_inline]] inline T power(T x, T exponent) {
    return std::pow(x == T(0) ? std::copysign(T(0), x) : x, exponent);
}

Tensor constant_power(const Tensor& a, double exponent) {
    const auto values = [&](const auto& f) { return map_floating("pow", a, f); };
    if (exponent == 1) return values([](auto x) { return x; });
    if (exponent == 2) return values([](auto x) { return x * x; });
    if (exponent == 3) return values([](auto x) { return x * x * x; });
    if (exponent == -1) return values([](auto x) { return decltype(x)(1) / x; });
    if (exponent == 0.5) return values([](auto x) { return std::sqrt(x); });
    return values([exponent](auto x) { return power(x, static_cast<decltype(x)>(exponent)); });
}

Tensor tensor_power(const Tensor& a, const Tensor& b) {
    Tensor out = empty(broadcast_shapes("pow", a.shape(), b.shape()), a.dtype());
    visit_floating("pow", a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::map_binary<T, T>(a, b, out, [](T x, T y) { return power(x, y); });
    });
    const auto by_base = [a = Saved(a), b = Saved(b)](const Tensor& g) {
        const Tensor is_one = (a.get() == 0.0) * (b.get() == 0.0);  // 0^0, whose derivative 0 * 0^-1 is to be 0
        return g * b * pow(a, where(is_one, 1.0, b - 1.0));
    };
    const auto by_exponent = [a = Saved(a), b = Saved(b)](const Tensor& g, const Tensor& y) {
        // 0^b is 0 for every b > 0, and infinity^b for every b < 0, where the plain product would be 0 times infinity.
        const Tensor is_flat = (a.get() == 0.0) * (b.get() >= 0.0) + (a.get() == infinity) * (b.get() < 0.0);
        return g * y * log(where(is_flat, 1.0, a));
    };
    return record("pow", std::move(out), gradient(a, by_base), gradient(b, by_exponent));
}

}  // namespace

Tensor pow(const Tensor& a, double exponent) {
    return record("pow", constant_power(a, exponent), gradient(a, [a = Saved(a), exponent](const Tensor& g) {
                      if (exponent == 0) return zeros_like(g);
                      return g * (exponent * pow(a, exponent - 1));
                  }));
}

Tensor pow(const Tensor& a, const Tensor& b) {
    const DType common = promote(promote(a.dtype(), b.dtype()), DType::f32);
    return tensor_power(a.to(common), b.to(common));
}

}  // namespace knoll
