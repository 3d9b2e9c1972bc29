// Powers of a probability, for losses that weigh by one. A small whole power is a product, twice as fast as the general one; so a
// loss's formula is compiled for each of them (formula.h, variants()), and for any other power once more.
#pragma once

#include <knoll/core/kernels/inlining.h>

#include <variant>

namespace knoll::losses {

/// A whole power that the compiler knows.
template <int value>
struct Whole {
    constexpr operator double() const { return value; }
};

using Power = std::variant<double, Whole<0>, Whole<1>, Whole<2>, Whole<3>, Whole<4>>;

/// The power as a whole one where it is.
inline Power known_power(double exponent) {
    if (exponent == 0.0) return Whole<0>{};
    if (exponent == 1.0) return Whole<1>{};
    if (exponent == 2.0) return Whole<2>{};
    if (exponent == 3.0) return Whole<3>{};
    if (exponent == 4.0) return Whole<4>{};
    return exponent;
}

KNOLL_BEGIN_INLINED

/// base^exponent for a base above 0, and something finite for any other.
template <class Number>
Number power(const Number& base, double exponent) {
    return exp(exponent * log(where(base > 0.0, base, Number(1.0))));
}
template <class Number, int exponent>
Number power(const Number& base, Whole<exponent>) {
    if constexpr (exponent == 0) {
        return Number(1.0);
    } else if constexpr (exponent == 1) {
        return base;
    } else {
        const Number half = power(base, Whole<exponent / 2>{});
        return exponent % 2 == 0 ? half * half : half * half * base;
    }
}

KNOLL_END_INLINED

}  // namespace knoll::losses
