// What kernels are held against plain loops with: numbers that no code of knoll's has drawn, and results compared in double.
#pragma once

#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/reduce.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace knoll {

using Doubles = std::vector<double>;

/// Numbers in [-1, 1) without a pattern, the same for the same seed; multiples of 1 / steps, so that few steps give many ties.
inline Doubles drawn_numbers(std::int64_t count, std::uint64_t seed, double steps = 0x1p20) {
    Doubles values(static_cast<std::size_t>(count));
    std::uint64_t state = seed * 0x9E3779B97F4A7C15 + 1;
    for (double& value : values) {
        state = state * 6364136223846793005 + 1442695040888963407;
        const double share = static_cast<double>(state >> 40) * 0x1p-24;
        value = std::floor((2 * share - 1) * steps) / steps;
    }
    return values;
}

inline Tensor drawn(const Shape& shape, DType dtype, std::uint64_t seed, double steps = 0x1p20) {
    return tensor(drawn_numbers(shape.numel(), seed, steps), shape, dtype);
}

/// Whole numbers from 0 to bound - 1.
inline Tensor drawn_indices(const Shape& shape, std::int64_t bound, std::uint64_t seed) {
    Doubles values = drawn_numbers(shape.numel(), seed);
    for (double& value : values) value = std::floor((value + 1) / 2 * static_cast<double>(bound));
    return tensor(values, shape, DType::i64);
}

/// What rounding may do to sums of a few thousand products of numbers of the size of 1.
inline double rounding_of(DType dtype) { return dtype == DType::f32 ? 2e-5 : 1e-12; }

/// Fails the running test unless every element is within tolerance times the largest expected magnitude of what is expected.
inline void check_near(const char* what, const Tensor& actual, const Doubles& expected, double tolerance) {
    const Doubles values = actual.to_vector();
    REQUIRE(values.size() == expected.size());
    double scale = 0, worst = 0;
    std::size_t where = 0;
    for (std::size_t i = 0; i < values.size() && !std::isnan(worst); ++i) {
        scale = std::max(scale, std::abs(expected[i]));
        const double distance = std::abs(values[i] - expected[i]);
        if (distance <= worst) continue;  // what is no number is farther off than anything
        worst = distance;
        where = i;
    }
    INFO(what << " of shape " << to_string(actual.shape()) << ", " << to_string(actual.dtype()));
    if (!values.empty()) UNSCOPED_INFO("worst at " << where << ": " << values[where] << ", expected " << expected[where]);
    CHECK(worst <= tolerance * scale);
}

/// The sum of the products of elements at the same place.
inline double inner_product(const Doubles& a, const Doubles& b) {
    double total = 0;
    for (std::size_t i = 0; i < a.size(); ++i) total += a[i] * b[i];
    return total;
}

/// a + step * direction.
inline Doubles moved(const Doubles& a, double step, const Doubles& direction) {
    Doubles result = a;
    for (std::size_t i = 0; i < a.size(); ++i) result[i] += step * direction[i];
    return result;
}

}  // namespace knoll
