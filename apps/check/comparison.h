// A gradient beside the one that is expected, element by element.
#pragma once

#include <cstddef>
#include <vector>

namespace knoll::apps {

using Numbers = std::vector<double>;

struct Comparison {
    std::vector<std::size_t> departing;  ///< elements whose relative difference is above the tolerance
    std::size_t worst = 0;               ///< the element of the largest one
    double largest = 0;                  ///< the largest relative difference; infinite where only one side is a number

    bool agrees() const { return departing.empty(); }
};

/// Differences are relative to the expected element, or to a hundredth of the largest expected one where that is more: rounding is
/// relative to the terms of a difference like p - y, not to what is left of them.
Comparison compare(const Numbers& expected, const Numbers& got, double tolerance);

}  // namespace knoll::apps
