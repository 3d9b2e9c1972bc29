// The normal distribution function for use inside run_vectorized() (simd.h): branch-free, and of small relative error far
// into the left tail.
#pragma once

#include <knoll/core/kernels/math.h>

namespace knoll::kernels {

namespace detail {

// (1 + 2 u) exp(u^2) erfc(u) in t = (u - 3) / (u + 3): smooth on the whole half-line, which t maps to [-1, 1)
// (Shepherd and Laframboise 1981).
template <class T>
struct ErrorFunction;

template <>
struct ErrorFunction<float> {
    static constexpr std::array scaled = {1.25300806F,    -0.135621142F,  -0.0475622721F, 0.129646538F,     -0.119272827F, 0.0682936671F,
                                          -0.0237891178F, 0.00257998426F, 0.00199252102F, -0.000800951788F, -0.0002782657F};
};

template <>
struct ErrorFunction<double> {
    static constexpr std::array scaled = {
        1.2530080582697296,      -0.13562110612458067,    -0.04756229435344707,   0.1296451587027035,     -0.11927366341549393,    0.06830802734587536,
        -0.02377051491489925,    0.002529391787107568,    0.0018886903184454165,  -0.0007798320273148014, -0.00010515952561216177, 0.00012509809287280239,
        4.948262299791677e-06,   -2.0096426869541815e-05, -7.278044396672048e-07, 3.4635525785808633e-06, 3.4920430828377254e-07,  -6.04412488193441e-07,
        -1.3116132294448009e-07, 9.142319931318473e-08,   3.2825163006176683e-08, -8.361218160882427e-09, -4.152865388901344e-09};
};

}  // namespace detail

/// The probability that a standard normal number is below x. The error is a few units in the last place, and x^2 / 2 more
/// for negative x.
template <class T>
[[gnu::always_inline]] inline T normal_cdf(T x) {
    constexpr T farthest = T(30);  // exp(-u^2) has long been zero
    const T scaled = abs(x) * T(0.70710678118654752440);
    const T u = scaled < farthest ? scaled : farthest;
    const T t = (u - T(3)) / (u + T(3));
    const T tail = T(0.5) * exp(T(-0.5) * x * x) * detail::polynomial<detail::ErrorFunction<T>::scaled>(t) / (T(1) + T(2) * u);
    return x < T(0) ? tail : T(1) - tail;
}

}  // namespace knoll::kernels
