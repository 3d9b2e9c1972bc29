// The exponential family on float and double, for use inside run_vectorized() (simd.h): branch-free, so that a loop over
// any of these is vectorised. In float within 2 units in the last place (sigmoid, softplus and tanh: 3), in double within 4;
// infinities, NaN and zero are right, overflow is infinity, and a result too small for a normal number may be zero.
//
// The method is the classical one. An argument is reduced by powers of two (Cody and Waite 1980), with the exponent read and
// written through the bits; what is left of it goes through a polynomial that interpolates at Chebyshev nodes.
// Rounding and conversions go through sums with a large constant, since AVX2 converts no 64-bit integers.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace knoll::kernels {

namespace detail {

template <class T>
struct Format;

template <>
struct Format<float> {
    using Bits = std::uint32_t;
    static constexpr int mantissa_bits = 23;
    static constexpr int bias = 127;
    static constexpr float ln2_high = 0x1.62e4p-1F;  // so few bits that its product with an exponent is exact
    static constexpr float ln2_low = 0x1.7f7d1cp-20F;
    static constexpr float exp_smallest = -87.3365F;  // log of the smallest normal number
    static constexpr float exp_largest = 88.722832F;  // log of the largest
    static constexpr float expm1_smallest = -18.0F;   // exp(x) - 1 rounds to -1 below
    // (exp(r) - 1 - r) / r^2 for |r| <= log(2) / 2
    static constexpr std::array expm1_tail = {0.5F, 0.16666577F, 0.041666555F, 0.008363173F, 0.0013926176F};
    // (2 artanh(s) - 2 s) / s^3 in z = s^2, for |s| <= (sqrt(2) - 1) / (sqrt(2) + 1)
    static constexpr std::array log_tail = {0.66666667F, 0.40000122F, 0.28550821F, 0.23330467F};
    // (log(1 + x) - x) / x^2 for 0 <= x <= 1
    static constexpr std::array log1p_tail = {-0.49999997F, 0.333328419F,   -0.249865262F, 0.198541062F,  -0.158475657F,
                                              0.115618454F, -0.0667577251F, 0.0252240543F, -0.0044662116F};
};

template <>
struct Format<double> {
    using Bits = std::uint64_t;
    static constexpr int mantissa_bits = 52;
    static constexpr int bias = 1023;
    static constexpr double ln2_high = 0x1.62e42fefa3p-1;
    static constexpr double ln2_low = 0x1.3de6af278ece6p-42;
    static constexpr double exp_smallest = -708.396418532264;
    static constexpr double exp_largest = 709.782712893384;
    static constexpr double expm1_smallest = -38.0;
    static constexpr std::array expm1_tail = {0.5,
                                              0.16666666666666669,
                                              0.041666666666624164,
                                              0.008333333333330065,
                                              0.0013888888917196719,
                                              0.00019841269863040545,
                                              2.4801521322368692e-05,
                                              2.7557268480310024e-06,
                                              2.7620075879983367e-07,
                                              2.5100375832561234e-08};
    static constexpr std::array log_tail = {0.666666666666667,   0.39999999999899505, 0.28571428625975487, 0.2222221113479508,
                                            0.18182889125261723, 0.15331721600556042, 0.14616449685043406};
    static constexpr std::array log1p_tail = {-0.49999999999999994,   0.33333333333328547,   -0.24999999999359621,    0.19999999965822402,
                                              -0.1666666569676973,    0.14285697368176904,   -0.12499802193640868,    0.11109469727104494,
                                              -0.099899409783376175,  0.090440384058187817,  -0.0816358369873179,     0.072060527838905025,
                                              -0.060245718496051139,  0.045718328874219642,  -0.030006248922024149,   0.016177448292083774,
                                              -0.0067614194988498022, 0.0020308462484097632, -0.00038701111085803039, 3.4964999995177528e-5};
};

// A number whose last mantissa bit counts ones: adding it rounds to an integer, which then stands in the low bits.
template <class T>
constexpr T rounder = T(3) * static_cast<T>(std::uint64_t{1} << (Format<T>::mantissa_bits - 1));

template <class T>
[[gnu::always_inline]] inline T round_to_integer(T x) {
    const T shifted = x + rounder<T>;
    return shifted - rounder<T>;
}

/// c[0] + c[1] x + c[2] x^2 + ... The coefficients are not an argument: they have to be constants in a loop, not memory that its
/// stores might change.
template <const auto& c, std::size_t first = 0, class T>
[[gnu::always_inline]] constexpr T polynomial(T x) {
    constexpr T coefficient = c[first];
    if constexpr (first + 1 == c.size())
        return coefficient;
    else
        return coefficient + x * polynomial<c, first + 1>(x);
}

/// An integer n, given as n + rounder, where the exponent stands in the bits of a number.
template <class T>
[[gnu::always_inline]] inline auto exponent_bits(T shifted) {
    return std::bit_cast<typename Format<T>::Bits>(shifted) << Format<T>::mantissa_bits;
}

/// x * 2^n for normal x and a normal result, n given as exponent_bits().
template <class T>
[[gnu::always_inline]] inline T add_exponent(T x, typename Format<T>::Bits exponent) {
    return std::bit_cast<T>(std::bit_cast<typename Format<T>::Bits>(x) + exponent);
}

// x = n * log(2) + r with |r| <= log(2) / 2; exponent = exponent_bits of n; tail = exp(r) - 1.
template <class T>
struct ExponentParts {
    typename Format<T>::Bits exponent;
    T tail;
};

template <class T>
[[gnu::always_inline]] inline ExponentParts<T> split_exponent(T x) {
    using F = Format<T>;
    constexpr T log2_e = T(1.44269504088896340736);
    const T shifted = x * log2_e + rounder<T>;
    const T n = shifted - rounder<T>;
    const T r = (x - n * F::ln2_high) - n * F::ln2_low;
    return {exponent_bits(shifted), r + r * r * polynomial<F::expm1_tail>(r)};
}

// x = 2^exponent * mantissa with the mantissa in [sqrt(1/2), sqrt(2)), for positive, finite, normal x.
template <class T>
struct LogarithmParts {
    T exponent;
    T mantissa;
};

template <class T>
[[gnu::always_inline]] inline LogarithmParts<T> split_logarithm(T x) {
    using F = Format<T>;
    using Bits = typename F::Bits;
    constexpr Bits sqrt_half = std::bit_cast<Bits>(T(0.70710678118654752440));
    constexpr Bits mantissa_mask = (Bits{1} << F::mantissa_bits) - 1;
    constexpr T integers = static_cast<T>(std::uint64_t{1} << F::mantissa_bits);  // the low bits of integers + i are i
    const Bits shifted = std::bit_cast<Bits>(x) - sqrt_half + (Bits{F::bias} << F::mantissa_bits);
    const T biased = std::bit_cast<T>((shifted >> F::mantissa_bits) | std::bit_cast<Bits>(integers));
    return {biased - (integers + T(F::bias)), std::bit_cast<T>((shifted & mantissa_mask) + sqrt_half)};
}

/// exponent * log(2) + log(1 + f), for 1 + f in [sqrt(1/2), sqrt(2)), with log(1 + f) = 2 artanh(f / (2 + f)).
template <class T>
[[gnu::always_inline]] inline T join_logarithm(T exponent, T f) {
    using F = Format<T>;
    const T s = f / (T(2) + f);
    const T z = s * s;
    const T half_square = T(0.5) * f * f;
    const T tail = s * (half_square + z * polynomial<F::log_tail>(z));
    return exponent * F::ln2_high - ((half_square - (tail + exponent * F::ln2_low)) - f);
}

/// The logarithm's result for x outside (0, inf): infinity, NaN, or at `pole` and below -infinity and NaN.
template <class T>
[[gnu::always_inline]] inline T logarithm_limits(T x, T pole, T result) {
    constexpr T infinity = std::numeric_limits<T>::infinity();
    const T below = x == pole ? -infinity : std::numeric_limits<T>::quiet_NaN();
    const T above = x < infinity ? result : x;
    return x <= pole ? below : above;
}

}  // namespace detail

template <class T>
[[gnu::always_inline]] inline T abs(T x) {
    return std::fabs(x);
}

template <class T>
[[gnu::always_inline]] inline T sqrt(T x) {
    return std::sqrt(x);
}

template <class T>
[[gnu::always_inline]] inline T exp(T x) {
    using F = detail::Format<T>;
    const auto parts = detail::split_exponent(x);
    const T inside = detail::add_exponent(T(1) + parts.tail, parts.exponent);
    const T limited = x < F::exp_smallest ? T(0) : x > F::exp_largest ? std::numeric_limits<T>::infinity() : inside;
    return x == x ? limited : x;
}

/// exp(x) for x <= 0, where nothing overflows and so less is to be done.
template <class T>
[[gnu::always_inline]] inline T exp_of_negative(T x) {
    using F = detail::Format<T>;
    const auto parts = detail::split_exponent(x);
    const T power = detail::add_exponent(T(1), parts.exponent);
    // A select by bits: of one by ?: a compiler would make two paths for all that follows from a result of 0.
    const auto keep = typename F::Bits{0} - static_cast<typename F::Bits>(!(x < F::exp_smallest));
    return std::bit_cast<T>(std::bit_cast<typename F::Bits>(power + power * parts.tail) & keep);
}

/// exp(x) - 1, exact near 0.
template <class T>
[[gnu::always_inline]] inline T expm1(T x) {
    using F = detail::Format<T>;
    const T bounded = x < F::expm1_smallest ? F::expm1_smallest : x;
    const auto parts = detail::split_exponent(bounded);
    const T half_scale = detail::add_exponent(T(0.5), parts.exponent);  // 2^exponent itself may be too large
    const T inside = T(2) * (half_scale * parts.tail + (half_scale - T(0.5)));
    const T limited = x > F::exp_largest ? std::numeric_limits<T>::infinity() : inside;
    return x == x ? limited : x;
}

/// log(x) for x > 0 that is normal and finite, which spares half of the work.
template <class T>
[[gnu::always_inline]] inline T log_of_normal(T x) {
    const auto parts = detail::split_logarithm(x);
    return detail::join_logarithm(parts.exponent, parts.mantissa - T(1));
}

template <class T>
[[gnu::always_inline]] inline T log(T x) {
    // A denormal number has no exponent of its own: it is scaled up first.
    constexpr T scale = static_cast<T>(std::uint64_t{1} << 60);
    const T normal = x < std::numeric_limits<T>::min() ? x * scale : x;
    const auto parts = detail::split_logarithm(normal);
    const T exponent = normal == x ? parts.exponent : parts.exponent - T(60);  // the first condition again would make two paths of all between
    return detail::logarithm_limits(x, T(0), detail::join_logarithm(exponent, parts.mantissa - T(1)));
}

/// log(1 + x), exact near 0.
template <class T>
[[gnu::always_inline]] inline T log1p(T x) {
    constexpr T largest_exponent = T(detail::Format<T>::bias - 1);
    const T larger = x > T(1) ? x : T(1);
    const T smaller = x > T(1) ? T(1) : x;
    const T sum = larger + smaller;
    const T lost = smaller - (sum - larger);  // what rounding took from the sum
    const auto parts = detail::split_logarithm(sum);
    const T exponent = parts.exponent < largest_exponent ? parts.exponent : largest_exponent;
    const T f = (parts.mantissa - T(1)) + lost * detail::add_exponent(T(1), detail::exponent_bits(detail::rounder<T> - exponent));
    return detail::logarithm_limits(x, T(-1), detail::join_logarithm(parts.exponent, f));
}

/// log(1 + x) for x in [0, 1], where no exponent has to be split off.
template <class T>
[[gnu::always_inline]] inline T log1p_of_fraction(T x) {
    return x + x * x * detail::polynomial<detail::Format<T>::log1p_tail>(x);
}

// The next four share exp(-|x|), and the first two a reciprocal, which a compiler computes once where a kernel uses several of them.

/// 1 / (1 + exp(-x)).
template <class T>
[[gnu::always_inline]] inline T sigmoid(T x) {
    const T e = exp_of_negative(-abs(x));
    const T larger = T(1) / (T(1) + e);
    const T smaller = e * larger;
    return x < T(0) ? smaller : larger;
}

/// sigmoid(x) sigmoid(-x), the derivative of sigmoid.
template <class T>
[[gnu::always_inline]] inline T sigmoid_slope(T x) {
    const T e = exp_of_negative(-abs(x));
    const T larger = T(1) / (T(1) + e);
    return e * larger * larger;
}

/// log(1 + exp(x)).
template <class T>
[[gnu::always_inline]] inline T softplus(T x) {
    return (x > T(0) ? x : T(0)) + log1p_of_fraction(exp_of_negative(-abs(x)));
}

/// log(sigmoid(x)).
template <class T>
[[gnu::always_inline]] inline T log_sigmoid(T x) {
    return -softplus(-x);
}

template <class T>
[[gnu::always_inline]] inline T tanh(T x) {
    const T t = expm1(T(-2) * abs(x));
    return std::copysign(t / (T(2) + t), x);
}

/// x to the power of y for x >= 0, as exp(y log(x)): the error grows with 2 |y log(x)| units in the last place.
template <class T>
[[gnu::always_inline]] inline T pow(T x, T y) {
    const T result = exp(y * log(x));
    return y == T(0) ? T(1) : result;
}

}  // namespace knoll::kernels
