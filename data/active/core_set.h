// Active learning as covering (Sener and Savarese, ICLR 2018, arXiv 1708.00489): label examples such that no other is far from a
// labelled one in the space of features.
#pragma once

#include <knoll/core/tensor.h>

#include <vector>

namespace knoll::data::active {

/// The greedy solution of the k-centre problem: `count` times the row of pool [N, D] that is farthest (Euclid) from all rows of labelled
/// [L, D] and all rows picked before; of equally far ones the earliest. Without labelled rows (L = 0) the first pick is row 0. No row
/// comes twice, though rows may be equal.
std::vector<std::int64_t> select_core_set(const Tensor& pool, const Tensor& labelled, std::int64_t count);

}  // namespace knoll::data::active
