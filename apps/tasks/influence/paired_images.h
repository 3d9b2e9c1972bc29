// Pairs of the upper and the lower half of an image, some of them of two different images.
#pragma once

#include <knoll/data/dataset.h>

#include <cstdint>
#include <vector>

namespace knoll::apps {

struct PairedImages {
    Tensor images;                 ///< f32 [N, C, H, W] in 0..1, as small as the towers see them
    Tensor pictures;               ///< the same at full size, for people
    std::vector<bool> mismatched;  ///< the lower half is that of another image
    data::LabeledImages set() const;
};

struct PairOptions {
    std::int64_t count = 120;
    double mismatched = 0.0;  ///< share of the pairs
    std::uint64_t seed = 1;   ///< which images, and which pairs
};

/// Images of a quarter of the height and width, each pixel the mean of 16: so small that a model of them can be trained to its minimum. A mismatched pair has
/// the lower half of an image of another class that is in no pair itself. Throws ValueError where there are too few images or they are too small.
PairedImages pair_halves(const data::LabeledImages& source, const PairOptions& options);

}  // namespace knoll::apps
