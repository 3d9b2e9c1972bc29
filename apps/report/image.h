// Images that stand inside a page.
#pragma once

#include <knoll/core/tensor.h>

#include <cstdint>
#include <span>
#include <string>

namespace knoll::apps {

/// Eight-bit pixels, row by row; channels 1 (grey) or 3 (red, green, blue). The bytes of a PNG file.
std::string encode_png(std::span<const std::uint8_t> pixels, std::int64_t width, std::int64_t height, std::int64_t channels);

/// One image [C, H, W], u8 or floating in 0..1, as "data:image/png;base64,...". Throws ShapeError unless C is 1 or 3.
std::string png_data_uri(const Tensor& image);

std::string base64(std::string_view bytes);

}  // namespace knoll::apps
