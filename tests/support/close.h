// Comparing tensors in tests.
#pragma once

#include <knoll/testing.h>

namespace knoll {

/// Fails the running test unless shapes agree and |actual - expected| <= atol + rtol * |expected| everywhere; NaN equals NaN,
/// an infinity itself. The report names the element that is farthest off.
inline void check_close(const Tensor& actual, const Tensor& expected, double rtol, double atol) {
    CHECK_THAT(actual, testing::IsCloseTo(expected, {.absolute = atol, .relative = rtol}));
}

}  // namespace knoll
