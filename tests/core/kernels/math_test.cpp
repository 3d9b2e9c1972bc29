#include <knoll/core/kernels/math.h>
#include <knoll/core/kernels/simd.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <bit>
#include <limits>
#include <random>
#include <vector>

using namespace knoll;

namespace {

// Both builds of the loop: what run_vectorized() may choose from.
template <class T, class F>
std::vector<std::vector<T>> all_builds(const std::vector<T>& x, const F& f) {
    std::vector<std::vector<T>> builds(1, std::vector<T>(x.size()));
    const auto loop = [&f, from = x.data(), n = x.size()](T* into) {
        return [=, &f] {
            for (std::size_t i = 0; i < n; ++i) into[i] = f(from[i]);
        };
    };
    kernels::run_baseline(loop(builds[0].data()));
#if defined(__x86_64__)
    if (kernels::use_avx2()) {
        builds.emplace_back(x.size());
        kernels::run_avx2(loop(builds[1].data()));
    }
#endif
    return builds;
}

// Dense near 0 and over the ordinary range, sparse over all exponents.
template <class T>
std::vector<T> arguments(double low, double high) {
    std::mt19937_64 bits(1);
    const auto uniform = [&](double from, double to) { return std::uniform_real_distribution<double>(from, to)(bits); };
    std::vector<T> x;
    const auto add = [&](double value) {
        if (value >= low && value <= high) x.push_back(static_cast<T>(value));
    };
    for (int i = 0; i < 100'000; ++i) {
        add(uniform(-2, 2));
        add(uniform(-40, 40));
        add(uniform(std::max(low, -750.0), std::min(high, 750.0)));
        add(uniform(-1, 1) * std::exp2(uniform(std::numeric_limits<T>::min_exponent, std::numeric_limits<T>::max_exponent - 1)));
        add(1 + uniform(-1, 1) * std::exp2(uniform(-60, 0)));
    }
    return x;
}

template <class T>
double ulps(T actual, long double expected) {
    if (std::isnan(expected)) return std::isnan(actual) ? 0 : 1e9;
    const T rounded = static_cast<T>(expected);
    if (std::isinf(rounded)) return actual == rounded ? 0 : 1e9;
    const T smallest = std::numeric_limits<T>::min();
    if (std::abs(expected) < smallest) return actual == 0 || std::abs(actual - rounded) <= 4 * std::numeric_limits<T>::denorm_min() ? 0 : 1e9;
    const T unit = std::nextafter(std::abs(rounded), std::numeric_limits<T>::infinity()) - std::abs(rounded);
    return static_cast<double>(std::abs(static_cast<long double>(actual) - expected) / unit);
}

template <class T, class F, class Reference>
void check_ulps(const std::vector<T>& x, const F& f, const Reference& reference, double allowed_in_float = 2) {
    const double allowed = std::is_same_v<T, float> ? allowed_in_float : 4;
    for (const auto& y : all_builds(x, f)) {
        std::size_t worst = 0;
        double most = -1;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double error = ulps(y[i], reference(static_cast<long double>(x[i])));
            if (error > most) {
                most = error;
                worst = i;
            }
        }
        INFO("at " << x[worst] << " got " << y[worst] << ", expected " << reference(static_cast<long double>(x[worst])));
        CHECK(most <= allowed);
    }
}

template <class T>
constexpr T infinity_of = std::numeric_limits<T>::infinity();
template <class T>
constexpr T no_number = std::numeric_limits<T>::quiet_NaN();

template <class T, class F>
void check_exactly(const F& f, const std::vector<std::pair<T, T>>& cases) {
    std::vector<T> x;
    for (const auto& [argument, value] : cases) x.insert(x.end(), 16, argument);  // fills whole vectors
    for (const auto& y : all_builds(x, f))
        for (std::size_t i = 0; i < x.size(); ++i) {
            const T expected = cases[i / 16].second;
            INFO("at " << x[i] << " got " << y[i] << ", expected " << expected);
            CHECK((std::isnan(expected) ? std::isnan(y[i]) : y[i] == expected));
        }
}

constexpr double everything = 1e300;

}  // namespace

TEMPLATE_TEST_CASE("exp is within 2 ulp in float and 4 in double, in both builds", "[math]", float, double) {
    using T = TestType;
    const auto f = [](T x) { return kernels::exp(x); };
    check_ulps<T>(arguments<T>(-everything, everything), f, [](long double x) { return std::exp(x); });
    check_exactly<T>(
        f, {{0, 1}, {T(-0.0), 1}, {infinity_of<T>, infinity_of<T>}, {-infinity_of<T>, 0}, {no_number<T>, no_number<T>}, {1000, infinity_of<T>}, {-1000, 0}});
}

TEMPLATE_TEST_CASE("exp_of_negative is within 2 ulp in float and 4 in double, in both builds", "[math]", float, double) {
    using T = TestType;
    const auto f = [](T x) { return kernels::exp_of_negative(x); };
    check_ulps<T>(arguments<T>(-everything, 0), f, [](long double x) { return std::exp(x); });
    const T payload = std::bit_cast<T>(~typename kernels::detail::Format<T>::Bits{0});
    check_exactly<T>(f, {{0, 1}, {T(-0.0), 1}, {-infinity_of<T>, 0}, {no_number<T>, no_number<T>}, {payload, no_number<T>}, {-1000, 0}});
}

TEMPLATE_TEST_CASE("log1p_of_fraction is within 2 ulp in float and 4 in double, in both builds", "[math]", float, double) {
    using T = TestType;
    const auto f = [](T x) { return kernels::log1p_of_fraction(x); };
    check_ulps<T>(arguments<T>(0, 1), f, [](long double x) { return std::log1p(x); });
    check_exactly<T>(f, {{0, 0}, {T(1e-30), T(1e-30)}, {no_number<T>, no_number<T>}});
}

TEMPLATE_TEST_CASE("expm1 is within 2 ulp in float and 4 in double, in both builds", "[math]", float, double) {
    using T = TestType;
    const auto f = [](T x) { return kernels::expm1(x); };
    check_ulps<T>(arguments<T>(-everything, everything), f, [](long double x) { return std::expm1(x); });
    check_exactly<T>(f, {{0, 0}, {infinity_of<T>, infinity_of<T>}, {-infinity_of<T>, -1}, {no_number<T>, no_number<T>}, {T(1e-30), T(1e-30)}, {-1000, -1}});
}

TEMPLATE_TEST_CASE("log is within 2 ulp in float and 4 in double, in both builds", "[math]", float, double) {
    using T = TestType;
    const auto f = [](T x) { return kernels::log(x); };
    auto x = arguments<T>(0, everything);
    for (int i = 1; i < 1000; ++i) x.push_back(static_cast<T>(i) * std::numeric_limits<T>::denorm_min());
    x.push_back(std::numeric_limits<T>::max());
    check_ulps<T>(x, f, [](long double value) { return std::log(value); });
    check_exactly<T>(f, {{1, 0},
                         {0, -infinity_of<T>},
                         {T(-0.0), -infinity_of<T>},
                         {infinity_of<T>, infinity_of<T>},
                         {-1, no_number<T>},
                         {-infinity_of<T>, no_number<T>},
                         {no_number<T>, no_number<T>}});
}

TEMPLATE_TEST_CASE("log_of_normal is within 2 ulp in float and 4 in double, in both builds", "[math]", float, double) {
    using T = TestType;
    const auto f = [](T x) { return kernels::log_of_normal(x); };
    auto x = arguments<T>(std::numeric_limits<T>::min(), everything);
    std::erase_if(x, [](T value) { return value > std::numeric_limits<T>::max(); });
    x.push_back(std::numeric_limits<T>::max());
    check_ulps<T>(x, f, [](long double value) { return std::log(value); });
    check_exactly<T>(f, {{1, 0}});
}

TEMPLATE_TEST_CASE("log1p is within 2 ulp in float and 4 in double, in both builds", "[math]", float, double) {
    using T = TestType;
    const auto f = [](T x) { return kernels::log1p(x); };
    auto x = arguments<T>(-1, everything);
    x.push_back(std::nextafter(T(-1), T(0)));
    x.push_back(std::numeric_limits<T>::max());
    check_ulps<T>(x, f, [](long double value) { return std::log1p(value); });
    check_exactly<T>(f, {{0, 0},
                         {-1, -infinity_of<T>},
                         {infinity_of<T>, infinity_of<T>},
                         {-2, no_number<T>},
                         {-infinity_of<T>, no_number<T>},
                         {no_number<T>, no_number<T>},
                         {T(1e-30), T(1e-30)}});
}

TEMPLATE_TEST_CASE("sigmoid is within 3 ulp in float and 4 in double, in both builds", "[math]", float, double) {
    using T = TestType;
    const auto f = [](T x) { return kernels::sigmoid(x); };
    check_ulps<T>(
        arguments<T>(-everything, everything), f, [](long double x) { return 1 / (1 + std::exp(-x)); }, 3);
    check_exactly<T>(f, {{0, T(0.5)}, {infinity_of<T>, 1}, {-infinity_of<T>, 0}, {no_number<T>, no_number<T>}, {1000, 1}, {-1000, 0}});
}

TEMPLATE_TEST_CASE("softplus and log_sigmoid are within 3 ulp in float and 4 in double, in both builds", "[math]", float, double) {
    using T = TestType;
    const auto exact = [](long double x) { return std::max(x, 0.0L) + std::log1p(std::exp(-std::abs(x))); };
    const auto softplus = [](T x) { return kernels::softplus(x); };
    const auto log_sigmoid = [](T x) { return kernels::log_sigmoid(x); };
    const auto x = arguments<T>(-everything, everything);
    check_ulps<T>(x, softplus, exact, 3);
    check_ulps<T>(
        x, log_sigmoid, [&](long double value) { return -exact(-value); }, 3);
    check_exactly<T>(softplus, {{infinity_of<T>, infinity_of<T>}, {-infinity_of<T>, 0}, {no_number<T>, no_number<T>}, {1000, 1000}, {-1000, 0}});
    check_exactly<T>(log_sigmoid, {{infinity_of<T>, 0}, {-infinity_of<T>, -infinity_of<T>}, {no_number<T>, no_number<T>}, {1000, 0}, {-1000, -1000}});
}

TEMPLATE_TEST_CASE("tanh is within 3 ulp in float and 4 in double, in both builds", "[math]", float, double) {
    using T = TestType;
    const auto f = [](T x) { return kernels::tanh(x); };
    check_ulps<T>(
        arguments<T>(-everything, everything), f, [](long double x) { return std::tanh(x); }, 3);
    check_exactly<T>(f, {{0, 0}, {infinity_of<T>, 1}, {-infinity_of<T>, -1}, {no_number<T>, no_number<T>}, {1000, 1}, {-1000, -1}});
}

TEMPLATE_TEST_CASE("pow of a number that is not negative keeps to its error bound", "[math]", float, double) {
    using T = TestType;
    std::mt19937_64 bits(2);
    std::uniform_real_distribution<T> base(0, 20), exponent(-8, 8);
    for (int i = 0; i < 10'000; ++i) {
        const T x = base(bits), y = exponent(bits);
        const long double expected = std::pow(static_cast<long double>(x), static_cast<long double>(y));
        const double bound = 4 + 2 * std::abs(static_cast<double>(y) * std::log(static_cast<double>(x)));
        INFO(x << " to the power of " << y);
        CHECK(ulps(kernels::pow(x, y), expected) <= bound);
    }
    CHECK(kernels::pow(T(0), T(2)) == 0);
    CHECK(kernels::pow(T(0), T(0)) == 1);
    CHECK(kernels::pow(T(0), T(-1)) == infinity_of<T>);
    CHECK(kernels::pow(infinity_of<T>, T(0.5)) == infinity_of<T>);
    CHECK(std::isnan(kernels::pow(no_number<T>, T(2))));
}
