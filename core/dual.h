// Dual: a number and its derivative, carried through every operation together. A formula evaluated on a dual number gives
// its value and its derivative at once; on a dual number of dual numbers, the second derivative too; and so on.
//
//     Dual<Scalar<double>> x{2.0, 1.0};   // the variable itself: its derivative is 1
//     (x * x * x).derivative              // 12
//
// Each rule below is written in the operations of the number inside, which makes nesting work. The rules stay right where
// a careless one would not: log and quotients never square a denominator that may underflow, sigmoid's derivative never
// computes 1 - sigmoid, and a function of infinite slope, as pow(x, 0.5) at 0, takes no derivative of 0 with it (chain): so its limits
// are right at every order, and a constant argument stays constant. A product with an infinite factor is as arithmetic has it: 0 times
// infinity is NaN, in a derivative too; square(x) in place of x * x keeps to the limit.
#pragma once

#include <knoll/core/kernels/inlining.h>
#include <knoll/core/scalar.h>

#include <concepts>
#include <type_traits>

namespace knoll {

KNOLL_BEGIN_INLINED

template <class Number>
struct Dual {
    Number value;
    Number derivative;

    constexpr Dual() = default;
    /// A constant.
    template <std::convertible_to<double> Plain>
    constexpr Dual(Plain plain) : value(plain), derivative(0.0) {}
    constexpr Dual(const Number& v, const Number& d) : value(v), derivative(d) {}

    friend constexpr Dual operator-(const Dual& a) { return {-a.value, -a.derivative}; }
    friend constexpr Dual operator+(const Dual& a, const Dual& b) { return {a.value + b.value, a.derivative + b.derivative}; }
    friend constexpr Dual operator-(const Dual& a, const Dual& b) { return {a.value - b.value, a.derivative - b.derivative}; }
    friend constexpr Dual operator*(const Dual& a, const Dual& b) { return {a.value * b.value, a.derivative * b.value + a.value * b.derivative}; }
    friend constexpr Dual operator/(const Dual& a, const Dual& b) {
        const Number quotient = a.value / b.value;
        return {quotient, (a.derivative - chain(quotient, b.derivative)) / b.value};
    }
    // A plain number has no derivative, and a compiler may not drop a product with 0 on its own.
    friend constexpr Dual operator+(const Dual& a, double b) { return {a.value + b, a.derivative}; }
    friend constexpr Dual operator-(const Dual& a, double b) { return {a.value - b, a.derivative}; }
    friend constexpr Dual operator*(const Dual& a, double b) { return {a.value * b, a.derivative * b}; }
    friend constexpr Dual operator/(const Dual& a, double b) { return {a.value / b, a.derivative / b}; }
    friend constexpr Dual operator+(double a, const Dual& b) { return {a + b.value, b.derivative}; }
    friend constexpr Dual operator-(double a, const Dual& b) { return {a - b.value, -b.derivative}; }
    friend constexpr Dual operator*(double a, const Dual& b) { return {a * b.value, a * b.derivative}; }
    friend constexpr Dual operator/(double a, const Dual& b) {
        const Number quotient = a / b.value;
        return {quotient, -chain(quotient, b.derivative) / b.value};
    }

    // Comparisons see the value alone.
    friend constexpr bool operator==(const Dual& a, const Dual& b) { return a.value == b.value; }
    friend constexpr bool operator<(const Dual& a, const Dual& b) { return a.value < b.value; }
    friend constexpr bool operator>(const Dual& a, const Dual& b) { return a.value > b.value; }
    friend constexpr bool operator<=(const Dual& a, const Dual& b) { return a.value <= b.value; }
    friend constexpr bool operator>=(const Dual& a, const Dual& b) { return a.value >= b.value; }

    friend constexpr Dual where(bool condition, const Dual& a, const Dual& b) {
        return {where(condition, a.value, b.value), where(condition, a.derivative, b.derivative)};
    }
    friend constexpr Dual chain(const Dual& slope, const Dual& direction) {
        return {chain(slope.value, direction.value), chain(slope.derivative, direction.value) + chain(slope.value, direction.derivative)};
    }
    friend constexpr Dual chain_over(const Dual& divisor, const Dual& direction) {
        const Number quotient = chain_over(divisor.value, direction.value);
        return {quotient, chain_over(divisor.value, direction.derivative - chain(quotient, divisor.derivative))};
    }
    friend constexpr Dual constant_part(const Dual& a) { return {constant_part(a.value), Number(0.0)}; }
    // A product, not a select: a choice that does not depend on the element stops the vectoriser.
    friend constexpr Dual constant_if(bool hold, const Dual& a) { return {constant_if(hold, a.value), a.derivative * static_cast<double>(!hold)}; }

    /// a * a, whose derivatives have their limits at infinity too.
    friend constexpr Dual square(const Dual& a) { return {square(a.value), 2.0 * chain(a.value, a.derivative)}; }
    friend Dual exp(const Dual& a) {
        const Number e = exp(a.value);
        return {e, chain(e, a.derivative)};
    }
    friend Dual log(const Dual& a) { return {log(a.value), chain_over(a.value, a.derivative)}; }
    friend Dual log_of_normal(const Dual& a) { return {log_of_normal(a.value), a.derivative / a.value}; }
    friend Dual log1p(const Dual& a) { return {log1p(a.value), chain_over(1.0 + a.value, a.derivative)}; }
    friend Dual expm1(const Dual& a) { return {expm1(a.value), chain(exp(a.value), a.derivative)}; }
    friend Dual sqrt(const Dual& a) {
        const Number root = sqrt(a.value);
        return {root, chain_over(root, 0.5 * a.derivative)};
    }
    friend Dual abs(const Dual& a) {
        const Number zero(0.0);
        return {abs(a.value), where(a.value > zero, a.derivative, where(a.value < zero, -a.derivative, zero))};
    }
    friend Dual tanh(const Dual& a) {
        const Number t = tanh(a.value);
        return {t, (1.0 - t * t) * a.derivative};
    }
    friend Dual sigmoid(const Dual& a) { return {sigmoid(a.value), sigmoid_slope(a.value) * a.derivative}; }
    friend Dual sigmoid_slope(const Dual& a) { return sigmoid(a) * sigmoid(-a); }
    friend Dual softplus(const Dual& a) { return {softplus(a.value), sigmoid(a.value) * a.derivative}; }
    friend Dual log_sigmoid(const Dual& a) { return {log_sigmoid(a.value), sigmoid(-a.value) * a.derivative}; }
    friend Dual pow(const Dual& a, double exponent) {
        // A power that has run down to 0 is constant, at 0 as well, where the rule below would give 0 times infinity.
        const Number slope = exponent * pow(a.value, exponent - 1.0);
        return {pow(a.value, exponent), where(exponent == 0.0, Number(0.0), chain(slope, a.derivative))};
    }
};

/// A Scalar, or dual numbers of one to any depth: what a formula is written over.
template <class T>
struct IsFormulaNumber : std::false_type {};
template <class T>
struct IsFormulaNumber<Scalar<T>> : std::true_type {};
template <class Number>
struct IsFormulaNumber<Dual<Number>> : std::true_type {};
template <class T>
concept FormulaNumber = IsFormulaNumber<T>::value;

/// The larger of two; where equal, the mean of both, so that each gets half of the derivative, as the tensor op has it.
template <FormulaNumber Number>
constexpr Number maximum(const Number& a, const std::type_identity_t<Number>& b) {
    return where(a > b, a, where(a < b, b, 0.5 * (a + b)));
}
template <FormulaNumber Number>
constexpr Number maximum(double a, const Number& b) {
    return maximum(b, a);
}

/// The smaller of two; where equal, the mean of both.
template <FormulaNumber Number>
constexpr Number minimum(const Number& a, const std::type_identity_t<Number>& b) {
    return where(a < b, a, where(a > b, b, 0.5 * (a + b)));
}
template <FormulaNumber Number>
constexpr Number minimum(double a, const Number& b) {
    return minimum(b, a);
}

/// a limited to [low, high]; the derivative passes inside and at the limits.
template <FormulaNumber Number>
constexpr Number clamp(const Number& a, double low, double high) {
    return where(a < low, Number(low), where(a > high, Number(high), a));
}

/// max(a, 0); the derivative at 0 is 0.
template <FormulaNumber Number>
constexpr Number relu(const Number& a) {
    return where(a > 0.0, a, Number(0.0));
}

KNOLL_END_INLINED

}  // namespace knoll
