// Drawn shapes: a data set that needs no file.
#pragma once

#include <knoll/data/dataset.h>

namespace knoll::data {

struct ShapeOptions {
    std::int64_t count = 1000;
    std::uint64_t seed = 0;
    std::int64_t size = 28;  ///< side in pixels
    double noise = 0.1;      ///< deviation of the normal noise on every pixel, of 1 for white; 0 for objects of scenes
};

/// u8 images [count, 1, size, size] of ten kinds of shape, smoothly drawn, white to grey on black, each a little moved,
/// turned, stretched and shaded. No kind looks the same after a quarter turn, so compose_scenes() can make objects of them.
/// Image i is of kind i % 10, and depends on (seed, i) alone. Throws ValueError on a negative count or noise, or size below 1.
LabeledImages draw_shapes(const ShapeOptions& options);

}  // namespace knoll::data
