// Sine and cosine for use inside run_vectorized() (simd.h): branch-free, within 4 units in the last place up to
// |x| = trigonometry_limit. Beyond that the reduction would need more digits of pi: use std::sin and std::cos there.
#pragma once

#include <knoll/core/kernels/math.h>

namespace knoll::kernels {

/// The largest |x| for which sin and cos hold.
constexpr double trigonometry_limit = 1e6;

namespace detail {

// (sin(r) - r) / r^3 in z = r^2, for |r| <= pi / 2
inline constexpr std::array sine_tail = {-0.16666666666666666,    0.008333333333333316,   -0.00019841269841254974, 2.7557319219163234e-06,
                                         -2.5052107616996182e-08, 1.6058977312464087e-10, -7.643970296798572e-13,  2.7314447669863995e-15};

/// Sine of x = n pi + r up to its sign, from r.
[[gnu::always_inline]] inline double sine_polynomial(double r) {
    const double z = r * r;
    return r + r * z * polynomial<sine_tail>(z);
}

/// x minus `quarters` times pi / 2, which is split into parts so short that the first two products are exact.
[[gnu::always_inline]] inline double subtract_quarters(double x, double quarters) {
    return ((x - quarters * 0x1.921fb544p+0) - quarters * 0x1.0b4611a6p-34) - quarters * 0x1.3198a2e037073p-69;
}

/// value, negated where the integer n is odd.
[[gnu::always_inline]] inline double negate_if_odd(double value, double n) {
    const std::uint64_t parity = std::bit_cast<std::uint64_t>(n + rounder<double>) << 63;
    return std::bit_cast<double>(std::bit_cast<std::uint64_t>(value) ^ parity);
}

constexpr double inverse_pi = 0.31830988618379067154;

}  // namespace detail

[[gnu::always_inline]] inline double sin(double x) {
    const double n = detail::round_to_integer(x * detail::inverse_pi);
    return detail::negate_if_odd(detail::sine_polynomial(detail::subtract_quarters(x, 2 * n)), n);
}

/// The sine a quarter of a turn further on.
[[gnu::always_inline]] inline double cos(double x) {
    const double n = detail::round_to_integer(x * detail::inverse_pi + 0.5);
    return detail::negate_if_odd(detail::sine_polynomial(detail::subtract_quarters(x, 2 * n - 1)), n);
}

// In double precision, and so correctly rounded but for the rarest cases.
[[gnu::always_inline]] inline float sin(float x) { return static_cast<float>(sin(static_cast<double>(x))); }
[[gnu::always_inline]] inline float cos(float x) { return static_cast<float>(cos(static_cast<double>(x))); }

}  // namespace knoll::kernels
