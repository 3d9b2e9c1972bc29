// Wrong labels, drawn by the two models that the literature on label noise uses.
#pragma once

#include <knoll/data/dataset.h>

namespace knoll::data {

enum class Noise {
    symmetric,  ///< any other class, all equally likely
    pairwise    ///< the next class, the last one becoming the first
};

struct LabelNoiseOptions {
    Noise noise = Noise::symmetric;
    double rate = 0.2;  ///< probability that a label is wrong afterwards
    std::uint64_t seed = 0;
};

/// The same images, some labels of which are wrong. A label's fate depends on (seed, its index) alone.
/// Throws ValueError on a rate outside [0, 1] or fewer than two classes.
LabeledImages add_label_noise(const LabeledImages& set, const LabelNoiseOptions& options);

}  // namespace knoll::data
