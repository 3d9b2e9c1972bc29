#include <knoll/core/kernels/normal.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <numbers>

using namespace knoll;

TEMPLATE_TEST_CASE("the normal distribution function keeps its relative error far into the left tail", "[normal]", float, double) {
    using T = TestType;
    const T rounding = std::numeric_limits<T>::epsilon();
    const T lowest = std::is_same_v<T, float> ? T(-12.5) : T(-37);  // below, results are denormal
    for (int i = 0; i <= 100'000; ++i) {
        const T x = lowest + (T(10) - lowest) * static_cast<T>(i) / T(100'000);
        const long double exact = 0.5L * std::erfc(-static_cast<long double>(x) / std::numbers::sqrt2_v<long double>);
        const auto error = static_cast<T>(std::abs(static_cast<long double>(kernels::normal_cdf(x)) - exact) / exact);
        INFO("at " << x << " off by " << error / rounding << " roundings");
        REQUIRE(error < rounding * (T(5) + (x < 0 ? x * x / 2 : T(0))));
    }
}

TEMPLATE_TEST_CASE("the normal distribution function has its limits", "[normal]", float, double) {
    using T = TestType;
    constexpr T infinity = std::numeric_limits<T>::infinity();
    CHECK(kernels::normal_cdf(T(0)) == Approx(0.5).epsilon(1e-6));
    CHECK(kernels::normal_cdf(infinity) == 1);
    CHECK(kernels::normal_cdf(-infinity) == 0);
    CHECK(kernels::normal_cdf(T(1e30)) == 1);
    CHECK(kernels::normal_cdf(T(-1e30)) == 0);
    CHECK(std::isnan(kernels::normal_cdf(std::numeric_limits<T>::quiet_NaN())));
}
