#include <knoll/apps/report/image.h>

#include <knoll/core/error.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/data/pixels.h>

#include <png.h>

#include <vector>

namespace knoll::apps {

namespace {

bool can_be_shown(std::int64_t channels) { return channels == 1 || channels == 3; }

// Brightness from 0 to 1, in channels that a picture can have.
Tensor brightness(const Tensor& image) {
    const Tensor scaled = data::in_unit_range(image);
    return can_be_shown(image.size(0)) ? scaled : mean(scaled, 0, true);
}

// [C, H, W] to pixels with their channels side by side.
std::vector<std::uint8_t> interleaved(const Tensor& image) {
    const std::vector<double> values = image.to_vector();
    const auto channels = static_cast<std::size_t>(image.size(0));
    const std::size_t area = values.size() / channels;
    std::vector<std::uint8_t> pixels(values.size());
    for (std::size_t c = 0; c < channels; ++c)
        for (std::size_t i = 0; i < area; ++i) pixels[i * channels + c] = data::to_byte(values[c * area + i]);
    return pixels;
}

}  // namespace

std::string encode_png(std::span<const std::uint8_t> pixels, std::int64_t width, std::int64_t height, std::int64_t channels) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(width);
    image.height = static_cast<png_uint_32>(height);
    image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;

    // The first call asks for an upper bound of the size, the second writes.
    std::string bytes(static_cast<std::size_t>(PNG_IMAGE_PNG_SIZE_MAX(image)), '\0');
    png_alloc_size_t size = bytes.size();
    const int written = png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr);
    require<ValueError>(written != 0, "[encode_png] expected an image that libpng can write, got: ", static_cast<const char*>(image.message));
    bytes.resize(size);
    return bytes;
}

std::string png_data_uri(const Tensor& image) {
    require<ShapeError>(image.rank() == 3 && image.numel() > 0, "[png_data_uri] expected an image [C, H, W], got ", image.shape());
    const Tensor shown = brightness(image);
    return "data:image/png;base64," + base64(encode_png(interleaved(shown), shown.size(2), shown.size(1), shown.size(0)));
}

std::string channels_note(std::int64_t channels) { return can_be_shown(channels) ? "" : text(" Shown is the mean of their ", channels, " channels."); }

std::string base64(std::string_view bytes) {
    static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t three = 0;
        for (std::size_t k = 0; k < 3; ++k) three = three << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k) out += i + k <= bytes.size() ? alphabet[three >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}

}  // namespace knoll::apps
