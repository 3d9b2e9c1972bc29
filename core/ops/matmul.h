// Products of matrices.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll {

struct MatmulOptions {
    bool transpose_a = false;  ///< read the last two dimensions of a swapped, without a copy
    bool transpose_b = false;
};

/// Matrix product over the last two dimensions: [.., M, K] x [.., K, N] -> [.., M, N]; leading dimensions broadcast.
/// A vector [K] counts as one row (a) or column (b), which the result drops, as in NumPy.
Tensor matmul(const Tensor& a, const Tensor& b, const MatmulOptions& options = {});
/// x [.., K] times weight [M, K] transposed, plus bias [M] (may be undefined): [.., M].
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

}  // namespace knoll
