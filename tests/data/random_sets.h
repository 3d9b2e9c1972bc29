// Small data sets for tests.
#pragma once

#include <knoll/core/ops/random.h>
#include <knoll/data/dataset.h>

namespace knoll {

/// Features [count, 1] and labels that are each 1 with the given probability.
inline data::MultiLabelImages random_multi_label(std::int64_t count, std::int64_t classes, double probability, std::uint64_t seed = 1) {
    Rng rng{seed};
    return {zeros({count, 1}), bernoulli({count, classes}, probability, rng).to(DType::u8)};
}

/// u8 images [count, channels, size, size] of random pixels; example i has label i % classes.
inline data::LabeledImages random_images(std::int64_t count, std::int64_t channels, std::int64_t size, std::int64_t classes, std::uint64_t seed = 1) {
    Rng rng{seed};
    Tensor images = empty({count, channels, size, size}, DType::u8);
    Tensor labels = empty({count}, DType::i64);
    for (std::int64_t i = 0; i < images.numel(); ++i) images.fresh_data<std::uint8_t>()[i] = static_cast<std::uint8_t>(rng.below(256));
    for (std::int64_t i = 0; i < count; ++i) labels.fresh_data<std::int64_t>()[i] = i % classes;
    return {std::move(images), std::move(labels), classes};
}

}  // namespace knoll
