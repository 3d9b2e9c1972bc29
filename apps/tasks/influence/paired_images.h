// Pairs of the upper and the lower half of an image, some of them of two different images.
#pragma once

#include <knoll/data/dataset.h>

#include <cstdint>
#include <vector>

namespace knoll::apps {

struct PairedImages {
    Tensor images;                 ///< f32 [N, C, H, W] in 0..1
    std::vector<bool> mismatched;  ///< the lower half is that of another image
    data::LabeledImages set() const;
};

struct PairOptions {
    std::int64_t count = 120;
    double mismatched = 0.0;  ///< share of the pairs
    std::uint64_t seed = 1;   ///< which images, and which pairs
};

/// Images of half the size, each pixel the mean of four. A mismatched pair has the lower half of an image of another class that is in no
/// pair itself. Throws ValueError where there are too few images or they are too small.
PairedImages pair_halves(const data::LabeledImages& source, const PairOptions& options);

}  // namespace knoll::apps
