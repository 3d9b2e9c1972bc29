// What happens to an example between the data set and the batch. A transform changes one image in place and keeps its
// shape; what it draws comes from a generator of that example's own, so the loader's batching has no influence on it.
#pragma once

#include <knoll/core/rng.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace knoll::data {

/// One example of a batch, [channels, height, width] row-major. Features are one row: [1, 1, F].
struct ImageView {
    float* pixels;
    std::int64_t channels, height, width;

    float& at(std::int64_t c, std::int64_t y, std::int64_t x) const { return pixels[(c * height + y) * width + x]; }
};

using Transform = std::function<void(const ImageView& image, Rng& rng)>;

/// (x - mean) / deviation, one pair per channel, or one for all. Throws ValueError on a deviation of 0 or below, or unequal
/// counts; the transform throws ShapeError on an image of another number of channels.
Transform normalize(std::vector<float> mean, std::vector<float> deviation);
/// Pads with zeros on every side and cuts out an image of the old size at a random place.
Transform random_crop(std::int64_t padding);
/// Mirrors left and right with the given probability.
Transform random_horizontal_flip(double probability = 0.5);
/// Fills a square of the given side with a value, its centre anywhere in the image; what lies outside is cut off
/// (DeVries and Taylor 2017, arXiv 1708.04552).
Transform cutout(std::int64_t side, float value = 0.0F);

}  // namespace knoll::data
