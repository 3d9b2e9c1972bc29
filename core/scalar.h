// Scalar: a float or double as formulas see it. It is the innermost number of every dual number (dual.h), it turns the
// doubles of a formula's parameters into its own type, so that no double enters a float loop, and being a class of this
// namespace it lets a formula call exp(x) and mean the vectorised one.
#pragma once

#include <knoll/core/kernels/inlining.h>
#include <knoll/core/kernels/math.h>

#include <cmath>
#include <concepts>

namespace knoll {

KNOLL_BEGIN_INLINED

template <std::floating_point T>
struct Scalar {
    T value;

    constexpr Scalar() : value(0) {}
    template <std::convertible_to<double> Plain>
    constexpr Scalar(Plain plain) : value(static_cast<T>(plain)) {}

    friend constexpr Scalar operator-(Scalar a) { return -a.value; }
    friend constexpr Scalar operator+(Scalar a, Scalar b) { return a.value + b.value; }
    friend constexpr Scalar operator-(Scalar a, Scalar b) { return a.value - b.value; }
    friend constexpr Scalar operator*(Scalar a, Scalar b) { return a.value * b.value; }
    friend constexpr Scalar operator/(Scalar a, Scalar b) { return a.value / b.value; }

    friend constexpr bool operator==(Scalar a, Scalar b) { return a.value == b.value; }
    friend constexpr bool operator<(Scalar a, Scalar b) { return a.value < b.value; }
    friend constexpr bool operator>(Scalar a, Scalar b) { return a.value > b.value; }
    friend constexpr bool operator<=(Scalar a, Scalar b) { return a.value <= b.value; }
    friend constexpr bool operator>=(Scalar a, Scalar b) { return a.value >= b.value; }

    /// a where the condition holds, b elsewhere. Both are computed; what is not chosen may be NaN.
    friend constexpr Scalar where(bool condition, Scalar a, Scalar b) { return condition ? a.value : b.value; }
    /// The chain rule, slope * direction, but 0 where the direction is 0, even of an infinite slope: what stands still has no derivative.
    friend constexpr Scalar chain(Scalar slope, Scalar direction) {
        const T product = slope.value * direction.value;
        return direction.value == T(0) ? T(0) : product;
    }
    /// The same for a slope of 1 / divisor: direction / divisor, but 0 where the direction is 0.
    friend constexpr Scalar chain_over(Scalar divisor, Scalar direction) {
        const T quotient = direction.value / divisor.value;
        return direction.value == T(0) ? T(0) : quotient;
    }
    /// The same number, held constant under differentiation.
    friend constexpr Scalar constant_part(Scalar a) { return a; }
    /// constant_part(a) if hold, a otherwise; hold is the same for every element.
    friend constexpr Scalar constant_if(bool, Scalar a) { return a; }

    friend constexpr Scalar square(Scalar a) { return a.value * a.value; }
    friend Scalar exp(Scalar a) { return kernels::exp(a.value); }
    friend Scalar log(Scalar a) { return kernels::log(a.value); }
    friend Scalar log_of_normal(Scalar a) { return kernels::log_of_normal(a.value); }
    friend Scalar log1p(Scalar a) { return kernels::log1p(a.value); }
    friend Scalar expm1(Scalar a) { return kernels::expm1(a.value); }
    friend Scalar sqrt(Scalar a) { return kernels::sqrt(a.value); }
    friend Scalar abs(Scalar a) { return kernels::abs(a.value); }
    friend Scalar tanh(Scalar a) { return kernels::tanh(a.value); }
    friend Scalar sigmoid(Scalar a) { return kernels::sigmoid(a.value); }
    friend Scalar sigmoid_slope(Scalar a) { return kernels::sigmoid_slope(a.value); }
    friend Scalar softplus(Scalar a) { return kernels::softplus(a.value); }
    friend Scalar log_sigmoid(Scalar a) { return kernels::log_sigmoid(a.value); }

    /// a to a constant power; NaN where a is negative and the exponent is no whole number.
    friend Scalar pow(Scalar a, double exponent) {
        // Arithmetic, not selects: a choice between constants that does not depend on the element stops the vectoriser.
        const double fraction = exponent - std::floor(exponent);
        const double parity = exponent - 2 * std::floor(exponent / 2);
        const T of_negative = static_cast<T>(1 - 2 * parity + std::sqrt(-fraction));  // 1 if even, -1 if odd, else NaN
        const T magnitude = kernels::pow(kernels::abs(a.value), static_cast<T>(exponent));
        return a.value < T(0) ? of_negative * magnitude : magnitude;
    }
};

KNOLL_END_INLINED

}  // namespace knoll
