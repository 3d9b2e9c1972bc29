#include <knoll/core/kernels/map.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/unary.h>
#include <knoll/core/record.h>

namespace knoll {

namespace {

template <class F>
Tensor compare(const char* op, const Tensor& a, const Tensor& b, const F& f) {
    const DType common = promote(a.dtype(), b.dtype());
    const Tensor left = a.detach().to(common), right = b.detach().to(common);
    Tensor out = empty(broadcast_shapes(op, a.shape(), b.shape()), DType::u8);
    visit(common, [&](auto zero) {
        using T = decltype(zero);
        kernels::map_binary<T, std::uint8_t>(left, right, out, [f](T x, T y) { return static_cast<std::uint8_t>(f(x, y)); });
    });
    return out;
}

// A number beside a tensor: of its type if that is floating, else of one that holds both exactly.
Tensor beside(const Tensor& a, double value) { return scalar(value, is_floating(a.dtype()) ? a.dtype() : DType::f64); }

constexpr auto greater = [](auto x, auto y) { return x > y; };
constexpr auto less = [](auto x, auto y) { return x < y; };
constexpr auto greater_equal = [](auto x, auto y) { return x >= y; };
constexpr auto less_equal = [](auto x, auto y) { return x <= y; };
constexpr auto equal = [](auto x, auto y) { return x == y; };
constexpr auto not_equal = [](auto x, auto y) { return x != y; };

}  // namespace

Tensor operator>(const Tensor& a, const Tensor& b) { return compare(">", a, b, greater); }
Tensor operator<(const Tensor& a, const Tensor& b) { return compare("<", a, b, less); }
Tensor operator>=(const Tensor& a, const Tensor& b) { return compare(">=", a, b, greater_equal); }
Tensor operator<=(const Tensor& a, const Tensor& b) { return compare("<=", a, b, less_equal); }
Tensor operator==(const Tensor& a, const Tensor& b) { return compare("==", a, b, equal); }
Tensor operator!=(const Tensor& a, const Tensor& b) { return compare("!=", a, b, not_equal); }
Tensor operator>(const Tensor& a, double b) { return a > beside(a, b); }
Tensor operator<(const Tensor& a, double b) { return a < beside(a, b); }
Tensor operator>=(const Tensor& a, double b) { return a >= beside(a, b); }
Tensor operator<=(const Tensor& a, double b) { return a <= beside(a, b); }
Tensor operator==(const Tensor& a, double b) { return a == beside(a, b); }
Tensor operator!=(const Tensor& a, double b) { return a != beside(a, b); }

namespace {

// The chosen of two tensors of one type. NaN is chosen from either side.
template <class F>
Tensor extremum(const char* op, const Tensor& a, const Tensor& b, const F& is_chosen) {
    Tensor out = empty(broadcast_shapes(op, a.shape(), b.shape()), a.dtype());
    visit(a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::map_binary<T, T>(a, b, out, [=](T x, T y) {
            const T chosen = is_chosen(x, y) ? x : y;
            return x == x ? chosen : x;
        });
    });
    const auto share = [is_chosen, op](const Tensor& self, const Tensor& other) {
        return [is_chosen, op, self = Saved(self), other = Saved(other)](const Tensor& g) {
            return where(compare(op, self, other, is_chosen), g, where(self.get() == other.get(), 0.5 * g, 0.0));
        };
    };
    return record(op, std::move(out), gradient(a, share(a, b)), gradient(b, share(b, a)));
}

}  // namespace

Tensor maximum(const Tensor& a, const Tensor& b) {
    const DType common = promote(a.dtype(), b.dtype());
    return extremum("maximum", a.to(common), b.to(common), greater);
}

Tensor minimum(const Tensor& a, const Tensor& b) {
    const DType common = promote(a.dtype(), b.dtype());
    return extremum("minimum", a.to(common), b.to(common), less);
}

Tensor clamp(const Tensor& a, double low, double high) {
    require<ValueError>(low <= high, "[clamp] expected limits in order, got ", low, " and ", high);
    Tensor out = map_floating("clamp", a, [=](auto x) {
        using T = decltype(x);
        const T raised = x < T(low) ? T(low) : x;
        return raised > T(high) ? T(high) : raised;
    });
    return record("clamp", std::move(out),
                  gradient(a, [a = Saved(a), low, high](const Tensor& g) { return where((a.get() >= low) * (a.get() <= high), g, 0.0); }));
}

}  // namespace knoll
