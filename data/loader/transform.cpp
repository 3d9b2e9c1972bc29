#include <knoll/core/error.h>
#include <knoll/data/loader/transform.h>

#include <algorithm>
#include <utility>

namespace knoll::data {

namespace {

// out[y, x] = in[y + down, x + right], zero where that lies outside.
void shift(const ImageView& image, std::int64_t down, std::int64_t right) {
    std::vector<float> before(image.pixels, image.pixels + image.channels * image.height * image.width);
    const ImageView source{before.data(), image.channels, image.height, image.width};
    for (std::int64_t c = 0; c < image.channels; ++c)
        for (std::int64_t y = 0; y < image.height; ++y)
            for (std::int64_t x = 0; x < image.width; ++x) {
                const std::int64_t from_y = y + down;
                const std::int64_t from_x = x + right;
                const bool inside = from_y >= 0 && from_y < image.height && from_x >= 0 && from_x < image.width;
                image.at(c, y, x) = inside ? source.at(c, from_y, from_x) : 0.0F;
            }
}

}  // namespace

Transform normalize(std::vector<float> mean, std::vector<float> deviation) {
    require<ValueError>(!mean.empty() && mean.size() == deviation.size(), "[normalize] expected as many deviations as means, got ", mean.size(), " and ",
                        deviation.size());
    for (const float value : deviation) require<ValueError>(value > 0.0F, "[normalize] expected deviations above 0, got ", value);
    return [mean = std::move(mean), deviation = std::move(deviation)](const ImageView& image, Rng&) {
        require<ShapeError>(mean.size() == 1 || static_cast<std::int64_t>(mean.size()) == image.channels, "[normalize] expected an image of ", mean.size(),
                            " channels, got ", image.channels);
        const std::int64_t area = image.height * image.width;
        for (std::int64_t c = 0; c < image.channels; ++c) {
            const std::size_t pair = mean.size() == 1 ? 0 : static_cast<std::size_t>(c);
            float* plane = image.pixels + c * area;
            for (std::int64_t i = 0; i < area; ++i) plane[i] = (plane[i] - mean[pair]) / deviation[pair];
        }
    };
}

Transform random_crop(std::int64_t padding) {
    require<ValueError>(padding >= 0, "[random_crop] expected a padding of 0 or more, got ", padding);
    return [padding](const ImageView& image, Rng& rng) {
        const std::int64_t down = rng.index_below(2 * padding + 1) - padding;
        const std::int64_t right = rng.index_below(2 * padding + 1) - padding;
        if (down != 0 || right != 0) shift(image, down, right);
    };
}

Transform random_horizontal_flip(double probability) {
    require<ValueError>(probability >= 0.0 && probability <= 1.0, "[random_horizontal_flip] expected a probability in [0, 1], got ", probability);
    return [probability](const ImageView& image, Rng& rng) {
        if (!rng.bernoulli(probability)) return;
        for (std::int64_t row = 0; row < image.channels * image.height; ++row)
            std::reverse(image.pixels + row * image.width, image.pixels + (row + 1) * image.width);
    };
}

Transform cutout(std::int64_t side, float value) {
    require<ValueError>(side >= 0, "[cutout] expected a side of 0 or more, got ", side);
    return [side, value](const ImageView& image, Rng& rng) {
        const std::int64_t top = rng.index_below(image.height) - side / 2;
        const std::int64_t left = rng.index_below(image.width) - side / 2;
        const std::int64_t bottom = std::min(top + side, image.height);
        const std::int64_t right = std::min(left + side, image.width);
        for (std::int64_t c = 0; c < image.channels; ++c)
            for (std::int64_t y = std::max<std::int64_t>(top, 0); y < bottom; ++y)
                for (std::int64_t x = std::max<std::int64_t>(left, 0); x < right; ++x) image.at(c, y, x) = value;
    };
}

}  // namespace knoll::data
