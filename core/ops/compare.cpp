#include <knoll/core/kernels/map.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/unary.h>
#include <knoll/core/record.h>

#include <algorithm>
#include <concepts>

namespace knoll {

namespace {

// How an integer stands to a floating-point number, without rounding either: below 0, 0 or above 0; NaN beside NaN.
template <class T>
T order(std::int64_t x, T y) {
    constexpr T beyond = T(0x1p63);  // the first number past the integers
    if (!(y < beyond)) return y == y ? T(-1) : y;
    if (y < -beyond) return T(1);
    const auto whole = static_cast<std::int64_t>(y);
    if (x != whole) return x < whole ? T(-1) : T(1);
    return static_cast<T>(whole) - y;
}

// f(x, y) as 0 or 1, exact for any two types.
template <class F>
struct Comparison {
    F f;

    template <class T>
    std::uint8_t operator()(T x, T y) const {
        return static_cast<std::uint8_t>(f(x, y));
    }
    template <std::floating_point T>
    std::uint8_t operator()(std::int64_t x, T y) const {
        return static_cast<std::uint8_t>(f(order(x, y), T(0)));
    }
    template <std::floating_point T>
    std::uint8_t operator()(T x, std::int64_t y) const {
        return static_cast<std::uint8_t>(f(T(0), order(y, x)));
    }
};

// Of every other pair of types the larger holds both.
bool are_mixed(DType a, DType b) { return (a == DType::i64 && is_floating(b)) || (b == DType::i64 && is_floating(a)); }

template <class F>
Tensor compare(const char* op, const Tensor& a, const Tensor& b, const F& f) {
    Tensor out = empty(broadcast_shapes(op, a.shape(), b.shape()), DType::u8);
    const Comparison<F> comparison{f};
    if (are_mixed(a.dtype(), b.dtype())) {
        const bool integers_first = a.dtype() == DType::i64;
        visit_floating(op, (integers_first ? b : a).dtype(), [&](auto zero) {
            using T = decltype(zero);
            if (integers_first)
                kernels::map_mixed<std::int64_t, T, std::uint8_t>(a.detach(), b.detach(), out, comparison);
            else
                kernels::map_mixed<T, std::int64_t, std::uint8_t>(a.detach(), b.detach(), out, comparison);
        });
        return out;
    }
    const DType common = promote(a.dtype(), b.dtype());
    const Tensor left = a.detach().to(common), right = b.detach().to(common);
    visit(common, [&](auto zero) {
        using T = decltype(zero);
        kernels::map_binary<T, std::uint8_t>(left, right, out, comparison);
    });
    return out;
}

// A plain number beside a tensor: of its type if that is floating; else as it is, in the widest type of its kind.
Tensor beside(const Tensor& a, const PlainNumber& number) {
    if (is_floating(a.dtype())) return scalar(number, a.dtype());
    return scalar(number, number.is_integer() ? DType::i64 : DType::f64);
}

constexpr auto greater = [](auto x, auto y) { return x > y; };
constexpr auto less = [](auto x, auto y) { return x < y; };
constexpr auto greater_equal = [](auto x, auto y) { return x >= y; };
constexpr auto less_equal = [](auto x, auto y) { return x <= y; };
constexpr auto is_equal = [](auto x, auto y) { return x == y; };
constexpr auto not_equal = [](auto x, auto y) { return x != y; };

}  // namespace

Tensor operator>(const Tensor& a, const Tensor& b) { return compare(">", a, b, greater); }
Tensor operator<(const Tensor& a, const Tensor& b) { return compare("<", a, b, less); }
Tensor operator>=(const Tensor& a, const Tensor& b) { return compare(">=", a, b, greater_equal); }
Tensor operator<=(const Tensor& a, const Tensor& b) { return compare("<=", a, b, less_equal); }
Tensor operator==(const Tensor& a, const Tensor& b) { return compare("==", a, b, is_equal); }
Tensor operator!=(const Tensor& a, const Tensor& b) { return compare("!=", a, b, not_equal); }
Tensor operator>(const Tensor& a, PlainNumber b) { return a > beside(a, b); }
Tensor operator<(const Tensor& a, PlainNumber b) { return a < beside(a, b); }
Tensor operator>=(const Tensor& a, PlainNumber b) { return a >= beside(a, b); }
Tensor operator<=(const Tensor& a, PlainNumber b) { return a <= beside(a, b); }
Tensor operator==(const Tensor& a, PlainNumber b) { return a == beside(a, b); }
Tensor operator!=(const Tensor& a, PlainNumber b) { return a != beside(a, b); }

bool equal(const Tensor& a, const Tensor& b) {
    if (!(a.shape() == b.shape())) return false;
    const Tensor same = a == b;
    const auto values = same.data<std::uint8_t>();
    return std::all_of(values.begin(), values.end(), [](std::uint8_t value) { return value != 0; });
}

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
