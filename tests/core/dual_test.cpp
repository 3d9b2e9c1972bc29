#include <knoll/core/dual.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>

using namespace knoll;

namespace {

using S = Scalar<double>;
using D1 = Dual<S>;
using D2 = Dual<D1>;
using D3 = Dual<D2>;

// Value and three derivatives of f at x.
struct Jet {
    double value, first, second, third;
};

template <class F>
Jet jet(const F& f, double x) {
    const D3 at{D2{D1{S(x), S(1)}, D1(1.0)}, D2(1.0)};
    const D3 y = f(at);
    return {y.value.value.value.value, y.value.value.derivative.value, y.value.derivative.derivative.value, y.derivative.derivative.derivative.value};
}

void check_jet(const Jet& got, const Jet& expected) {
    const auto near = [](double value) { return Approx(value).epsilon(1e-12).margin(1e-13); };
    CHECK(got.value == near(expected.value));
    CHECK(got.first == near(expected.first));
    CHECK(got.second == near(expected.second));
    CHECK(got.third == near(expected.third));
}

}  // namespace

TEST_CASE("arithmetic on nested dual numbers gives the derivatives of polynomials and quotients") {
    check_jet(jet([](const auto& x) { return 2.0 * x * x * x - x + 1.0; }, 3.0), {52, 53, 36, 12});
    check_jet(jet([](const auto& x) { return 1.0 / x; }, 2.0), {0.5, -0.25, 0.25, -0.375});
    check_jet(jet([](const auto& x) { return (x + 1) / (x * x); }, 1.0), {2, -3, 8, -30});
    check_jet(jet([](const auto& x) { return -(3 - x) / 4; }, 1.0), {-0.5, 0.25, 0, 0});
}

TEST_CASE("functions of nested dual numbers have the derivatives of the textbook") {
    const double x = 0.7;
    const double e = std::exp(x);
    check_jet(jet([](const auto& v) { return exp(v); }, x), {e, e, e, e});
    check_jet(jet([](const auto& v) { return expm1(v); }, x), {e - 1, e, e, e});
    check_jet(jet([](const auto& v) { return log(v); }, x), {std::log(x), 1 / x, -1 / (x * x), 2 / (x * x * x)});
    check_jet(jet([](const auto& v) { return log_of_normal(v); }, x), {std::log(x), 1 / x, -1 / (x * x), 2 / (x * x * x)});
    const double y = 1 + x;
    check_jet(jet([](const auto& v) { return log1p(v); }, x), {std::log(y), 1 / y, -1 / (y * y), 2 / (y * y * y)});
    const double r = std::sqrt(x);
    check_jet(jet([](const auto& v) { return sqrt(v); }, x), {r, 0.5 / r, -0.25 / (x * r), 0.375 / (x * x * r)});
    const double t = std::tanh(x);
    const double u = 1 - t * t;
    check_jet(jet([](const auto& v) { return tanh(v); }, x), {t, u, -2 * t * u, u * (6 * t * t - 2)});
    const double s = 1 / (1 + std::exp(-x));
    const double ds = s * (1 - s);
    check_jet(jet([](const auto& v) { return sigmoid(v); }, x), {s, ds, ds * (1 - 2 * s), ds * (1 - 6 * ds)});
    check_jet(jet([](const auto& v) { return sigmoid_slope(v); }, x), {ds, ds * (1 - 2 * s), ds * (1 - 6 * ds), ds * (1 - 2 * s) * (1 - 12 * ds)});
    check_jet(jet([](const auto& v) { return softplus(v); }, x), {std::log1p(e), s, ds, ds * (1 - 2 * s)});
    check_jet(jet([](const auto& v) { return log_sigmoid(v); }, x), {std::log(s), 1 - s, -ds, -ds * (1 - 2 * s)});
    check_jet(jet([](const auto& v) { return square(v); }, x), {x * x, 2 * x, 2, 0});
    check_jet(jet([](const auto& v) { return abs(v); }, -x), {x, -1, 0, 0});
}

TEST_CASE("powers are right at zero, at negative bases and at exponent zero") {
    check_jet(jet([](const auto& v) { return pow(v, 2.5); }, 4.0), {32, 20, 7.5, 0.9375});
    check_jet(jet([](const auto& v) { return pow(v, 3); }, -2.0), {-8, 12, -12, 6});
    check_jet(jet([](const auto& v) { return pow(v, 4); }, -2.0), {16, -32, 48, -48});
    check_jet(jet([](const auto& v) { return pow(v, 0); }, 0.0), {1, 0, 0, 0});
    check_jet(jet([](const auto& v) { return pow(v, 1); }, 0.0), {0, 1, 0, 0});
    check_jet(jet([](const auto& v) { return pow(v, 2); }, 0.0), {0, 0, 2, 0});
    CHECK(std::isnan(pow(S(-2), 0.5).value));
}

TEST_CASE("large arguments leave no derivative infinite or NaN") {
    for (const double x : {-800.0, 800.0}) {
        INFO("x = " << x);
        check_jet(jet([](const auto& v) { return sigmoid(v); }, x), {x > 0 ? 1.0 : 0.0, 0, 0, 0});
        check_jet(jet([](const auto& v) { return softplus(v); }, x), {x > 0 ? x : 0.0, x > 0 ? 1.0 : 0.0, 0, 0});
        check_jet(jet([](const auto& v) { return tanh(v); }, x), {x > 0 ? 1.0 : -1.0, 0, 0, 0});
    }
    // The square of this argument underflows to 0.
    CHECK(jet([](const auto& v) { return log(v); }, 1e-200).first == Approx(1e200));
    const Jet logit = jet([](const auto& v) { return log(sigmoid(v)); }, -600.0);
    CHECK(logit.first == Approx(1));
    CHECK(std::abs(logit.second) < 1e-12);
}

TEST_CASE("comparisons and selection follow the value, and carry the chosen derivative") {
    const D1 x{S(2), S(1)};
    const D1 c(3.0);
    CHECK(x < c);
    CHECK(x <= c);
    CHECK(c > x);
    CHECK(c >= 3.0);
    CHECK(x == 2.0);
    CHECK(x != c);
    CHECK(where(x > 1.0, x * x, 0.0).derivative.value == 4);
    CHECK(where(x > 2.0, x * x, 0.0).derivative.value == 0);
    CHECK(where(x > 2.0, log(x - 5.0), x).value.value == 2);  // the NaN is not chosen
}

TEST_CASE("maximum and minimum share the derivative at a tie, relu gives none at zero, clamp passes at its limits") {
    const auto slope = [](const auto& f, double x) { return jet(f, x).first; };
    CHECK(slope([](const auto& v) { return maximum(v, 1.0); }, 2.0) == 1);
    CHECK(slope([](const auto& v) { return maximum(v, 1.0); }, 1.0) == 0.5);
    CHECK(slope([](const auto& v) { return maximum(1.0, v); }, 0.0) == 0);
    CHECK(slope([](const auto& v) { return minimum(v, 3 * v); }, 1.0) == 1);
    CHECK(slope([](const auto& v) { return minimum(0.0, v); }, 0.0) == 0.5);
    CHECK(slope([](const auto& v) { return relu(v); }, 0.0) == 0);
    CHECK(slope([](const auto& v) { return relu(v); }, 1.0) == 1);
    CHECK(slope([](const auto& v) { return clamp(v, -1, 1); }, 1.0) == 1);
    CHECK(slope([](const auto& v) { return clamp(v, -1, 1); }, 1.5) == 0);
    CHECK(slope([](const auto& v) { return abs(v); }, 0.0) == 0);
    CHECK(std::isnan(maximum(S(std::numeric_limits<double>::quiet_NaN()), 0.0).value));
}

TEST_CASE("the constant part of a number has no derivative of any order") {
    check_jet(jet([](const auto& v) { return constant_part(v * v) * v; }, 3.0), {27, 9, 0, 0});
}

TEST_CASE("a float formula rounds its parameters to float") {
    CHECK((Scalar<float>(1.0F) + 0.1).value == 1.0F + 0.1F);
    CHECK((Scalar<float>(1.0F) * 0.1).value == 0.1F);
    CHECK((2 * Dual<Scalar<float>>(0.1)).value.value == 0.2F);
}

TEST_CASE("a number held constant on demand keeps its value, and its derivatives only if not held") {
    check_jet(jet([](const auto& v) { return constant_if(true, v * v) * v; }, 3.0), {27, 9, 0, 0});
    check_jet(jet([](const auto& v) { return constant_if(false, v * v) * v; }, 3.0), {27, 27, 18, 6});
}
