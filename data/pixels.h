// Pixels of a byte and brightness in [0, 1]: the one conversion that everything uses, so that an image means the same to a loader, to a
// method that looks at it again and to a report.
#pragma once

#include <knoll/core/tensor.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>

namespace knoll::data {

/// pixel / 255, correctly rounded. (A product with 1/255 differs in the last bit for half of all values.)
template <std::floating_point T>
constexpr T brightness(std::uint8_t pixel) {
    return static_cast<T>(pixel) / T{255};
}

/// The nearest byte to 255 times the brightness, which is cut off to [0, 1] before; halves are rounded up.
inline std::uint8_t to_byte(double brightness) { return static_cast<std::uint8_t>(std::lround(255 * std::clamp(brightness, 0.0, 1.0))); }

/// Images of u8 as f32 in [0, 1]; others as they are, in f32.
Tensor in_unit_range(const Tensor& images);

}  // namespace knoll::data
