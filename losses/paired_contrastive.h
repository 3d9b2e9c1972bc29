// The contrastive loss of two towers (Radford et al. 2021, arXiv 2103.00020), and which part each pair has in it: as what it belongs to
// (its positive role) and as what all others do not (its negative role). In the style of ECIF (arXiv 2411.11667).
#pragma once

#include <knoll/core/tensor.h>

namespace knoll::losses {

/// Products of all rows of u [N, D] with all rows of v [N, D] (cosines, where they have length 1), divided by the temperature: [N, N]. Throws ShapeError,
/// DTypeError, or ValueError unless the temperature is positive.
Tensor paired_similarities(const Tensor& u, const Tensor& v, double temperature);

/// -log softmax(S)_nn along its row, minus the same along its column, of similarities S [N, N]: the loss of each pair, [N].
Tensor positive_role(const Tensor& similarities);
/// What the other pairs lose to pair n: the sum over k != n of softmax(S)_kn along row k and of softmax(S)_nk along column k, [N]. It is
/// the derivative of all other pairs' losses by log(z), where z weighs every exp(S_kn) and exp(S_nk): z = 1 is the loss as it is, z = 0 the
/// loss of the others without n.
Tensor negative_role(const Tensor& similarities);

}  // namespace knoll::losses
