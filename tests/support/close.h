// Comparing tensors in tests.
#pragma once

#include <knoll/core/tensor.h>
#include <knoll/core/text.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>

namespace knoll {

/// Fails the running test unless shapes agree and |actual - expected| <= atol + rtol * |expected| everywhere; NaN equals NaN,
/// an infinity itself. The report names the element that is farthest off.
inline void check_close(const Tensor& actual, const Tensor& expected, double rtol, double atol) {
    REQUIRE(actual.defined());
    REQUIRE(expected.defined());
    REQUIRE(to_string(actual.shape()) == to_string(expected.shape()));
    const auto a = actual.to_vector(), e = expected.to_vector();
    double worst = 0;  // as a multiple of what is allowed
    std::size_t at = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] == e[i] || (std::isnan(a[i]) && std::isnan(e[i]))) continue;
        const double off = std::abs(a[i] - e[i]) / (atol + rtol * std::abs(e[i]));
        const double badness = std::isfinite(off) ? off : std::numeric_limits<double>::infinity();
        if (badness <= worst) continue;
        worst = badness;
        at = i;
    }
    INFO((a.empty() ? std::string("no elements") : text("element ", at, " is ", a[at], ", expected ", e[at])));
    CHECK(worst <= 1);
}

}  // namespace knoll
