#include <knoll/core/kernels/trigonometry.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

using namespace knoll;

namespace {

double ulps_up_to_one(double actual, long double expected) {
    const double rounded = std::abs(static_cast<double>(expected));
    return static_cast<double>(std::abs(actual - expected) / (std::nextafter(rounded, 2.0) - rounded));
}

}  // namespace

TEST_CASE("sine and cosine are within 4 ulp up to their limit, next to their zeros too") {
    std::mt19937_64 bits(1);
    std::uniform_real_distribution<double> small(-10, 10), large(-kernels::trigonometry_limit, kernels::trigonometry_limit);
    std::vector<double> x = {0.0, 1e-300, 1e-9, kernels::trigonometry_limit, -kernels::trigonometry_limit};
    for (int i = 0; i < 100'000; ++i) {
        x.push_back(small(bits));
        x.push_back(large(bits));
        x.push_back(std::round(large(bits) * 0.6) * (std::numbers::pi / 2));  // multiples of a quarter of a turn, as near as a double gets
    }
    double sine_error = 0, cosine_error = 0;
    for (const double value : x) {
        sine_error = std::max(sine_error, ulps_up_to_one(kernels::sin(value), std::sin(static_cast<long double>(value))));
        cosine_error = std::max(cosine_error, ulps_up_to_one(kernels::cos(value), std::cos(static_cast<long double>(value))));
    }
    CHECK(sine_error < 4);
    CHECK(cosine_error < 4);
}

TEST_CASE("sine and cosine of a float are the nearest floats") {
    std::mt19937_64 bits(2);
    std::uniform_real_distribution<float> large(-1e4F, 1e4F);
    for (int i = 0; i < 10'000; ++i) {
        const float x = large(bits);
        CHECK(kernels::sin(x) == static_cast<float>(std::sin(static_cast<double>(x))));
        CHECK(kernels::cos(x) == static_cast<float>(std::cos(static_cast<double>(x))));
    }
}
