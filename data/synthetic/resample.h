// Scaling small images.
#pragma once

#include <cstdint>
#include <vector>

namespace knoll::data {

/// A square image of `from` x `from` pixels at `to` x `to`: each pixel the mean of the area that it covers.
std::vector<float> resample_area(const std::uint8_t* image, std::int64_t from, std::int64_t to);

}  // namespace knoll::data
