// Numbers for kernels to work on.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace knoll {

/// Values in [-1, 1] without a pattern; another phase gives others.
template <class T>
std::vector<T> waves(std::int64_t count, double phase) {
    std::vector<T> values(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(std::sin(1.3 * static_cast<double>(i) + phase));
    return values;
}

}  // namespace knoll
