// Active learning by uncertainty (Lewis and Gale 1994): label what the model is least sure of. And labelling at random, against
// which every strategy is measured.
#pragma once

#include <knoll/core/rng.h>
#include <knoll/core/tensor.h>

#include <vector>

namespace knoll::data::active {

/// `count` of the positions 0 .. pool-1, all equally likely, none twice. Throws ValueError unless 0 <= count <= pool, as all strategies do.
std::vector<std::int64_t> select_random(std::int64_t pool, std::int64_t count, Rng rng);

/// The rows of logits [N, K] whose softmax has the largest entropy, the largest first; of equal ones the earlier.
/// Throws ValueError if a logit is not finite, as all strategies do of their inputs.
std::vector<std::int64_t> select_by_entropy(const Tensor& logits, std::int64_t count);

/// The rows of logits [N, K], K >= 2, whose two largest probabilities are nearest to each other (Scheffer et al. 2001), the nearest first.
std::vector<std::int64_t> select_by_margin(const Tensor& logits, std::int64_t count);

}  // namespace knoll::data::active
