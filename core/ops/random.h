// Random tensors. Element i depends on the generator's seed, stream and position alone, never on threads.
#pragma once

#include <knoll/core/rng.h>
#include <knoll/core/tensor.h>

namespace knoll {

/// Uniform in [0, 1).
Tensor rand(const Shape& shape, Rng& rng, DType dtype = DType::f32);
/// Normal with mean 0 and variance 1.
Tensor randn(const Shape& shape, Rng& rng, DType dtype = DType::f32);
/// 1 with the given probability, else 0.
Tensor bernoulli(const Shape& shape, double probability, Rng& rng, DType dtype = DType::f32);
/// 0 .. count-1 in random order, i64.
Tensor permutation(std::int64_t count, Rng& rng);
/// `draws` indices below count (i64), with or without replacement.
Tensor choice(std::int64_t count, std::int64_t draws, bool replacement, Rng& rng);
/// While training: elements zeroed with the given probability, the others scaled by 1 / (1 - probability). Otherwise a itself.
Tensor dropout(const Tensor& a, double probability, Rng& rng, bool training = true);

}  // namespace knoll
