// Images that stand inside a page.
#pragma once

#include <knoll/core/tensor.h>

#include <cstdint>
#include <span>
#include <string>

namespace knoll::apps {

/// Eight-bit pixels, row by row; channels 1 (grey) or 3 (red, green, blue). The bytes of a PNG file.
std::string encode_png(std::span<const std::uint8_t> pixels, std::int64_t width, std::int64_t height, std::int64_t channels);

/// One image [C, H, W], u8 or floating in 0..1, as "data:image/png;base64,...": grey, in colour where C is 3, otherwise the mean of
/// its channels. Throws ShapeError unless there are three dimensions.
std::string png_data_uri(const Tensor& image);

/// A sentence to stand beside images of so many channels, if they are shown as the mean of them; otherwise nothing.
std::string channels_note(std::int64_t channels);

std::string base64(std::string_view bytes);

}  // namespace knoll::apps
