// Multi-label images made of single-label ones: several objects on one canvas, turned and scaled, with a class for every
// pair of object class and orientation. With ten kinds of garment in four orientations there are 40 classes and 2.35
// labels an image: many classes, few positives, so that missing labels hurt as they do on COCO.
#pragma once

#include <knoll/data/dataset.h>

#include <array>
#include <vector>

namespace knoll::data {

struct SceneOptions {
    std::int64_t count = 1000;
    std::uint64_t seed = 0;
    std::int64_t size = 32;                                  ///< side of the canvas in pixels
    std::int64_t smallest = 14, largest = 16;                ///< side of an object on it, both included
    std::array<double, 4> objects = {0.2, 0.35, 0.3, 0.15};  ///< probability of 1, 2, 3, 4 objects
    double darkest = 0.6;                                    ///< objects are dimmed by a factor from this to 1, uniformly
    std::vector<double> frequencies = {};                    ///< relative, of the scene's classes, 4 for each of the objects'; none: as objects come
    double noise = 0.0;                                      ///< deviation of the normal noise on every pixel, of 1 for white
};

/// Scenes of square u8 images. Label class * 4 + turns is 1 if an object of that class is present, turned clockwise by so
/// many quarters. Scene i depends on (seed, i) and the objects alone: not on count. Throws ValueError or ShapeError.
MultiLabelImages compose_scenes(const LabeledImages& objects, const SceneOptions& options);

}  // namespace knoll::data
