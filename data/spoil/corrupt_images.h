// Images as a worse camera would have taken them, after the benchmarks of Hendrycks and Dietterich (2019, arXiv 1903.12261); strengths
// are chosen for small images.
#pragma once

#include <knoll/data/dataset.h>

#include <string_view>

namespace knoll::data {

enum class Corruption {
    noise,     ///< normal noise on every pixel
    blur,      ///< smoothed by a bell curve, as out of focus
    contrast,  ///< pulled towards the image's mean
    pixelate,  ///< one value for every block of pixels, as scaled down and up
    rotation   ///< turned about its middle, to either side; black comes in at the corners
};

const std::vector<Corruption>& all_corruptions();
std::string to_string(Corruption corruption);
/// The inverse. Throws ValueError that lists what there is.
Corruption parse_corruption(std::string_view text);

struct CorruptionOptions {
    Corruption corruption = Corruption::noise;
    int severity = 3;  ///< 1 to 5
    std::uint64_t seed = 0;
};

/// The same labels, every image corrupted; u8 stay u8, rounded, and f32 stay f32 in 0..1. What happens to an image depends on (seed,
/// its index) and itself alone. Throws ValueError on another severity, ShapeError where the examples are no images.
LabeledImages corrupt_images(const LabeledImages& set, const CorruptionOptions& options);

}  // namespace knoll::data
