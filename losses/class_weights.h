// Weights that make up for classes of unequal size, from the number of examples of each. They add up to K.
#pragma once

#include <knoll/core/tensor.h>

#include <span>

namespace knoll::losses {

/// Proportional to 1 / n. Throws ValueError on an empty list or a count below 1.
Tensor inverse_frequency(std::span<const std::int64_t> counts, DType dtype = DType::f32);
/// Proportional to (1 - beta) / (1 - beta^n), one over the effective number of examples (Cui et al., CVPR 2019, arXiv 1901.05555,
/// equation 2): even weights at beta = 0, and towards inverse frequency as beta nears 1. Throws ValueError unless beta is in [0, 1).
Tensor effective_number(std::span<const std::int64_t> counts, double beta = 0.9999, DType dtype = DType::f32);

}  // namespace knoll::losses
