// A loss of prototypes, each on its own, for a model that adapts itself to data without labels: in the style of decoupled prototype
// learning (arXiv 2401.08703), whose formulas are not public in code; these are ours, after its description.
//
// Cross-entropy asks of an example to be nearer to its prototype than to the others: a softmax over the classes of one row. Here a
// prototype is asked to be nearer to its examples than to all others: a softmax over the examples of one column. A wrong pseudo-label is
// then one among many positives of a column, and no column competes with another.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll::losses {

/// s_ic = cos(f_i, w_c) / temperature of features [N, D] and prototypes [K, D]: [N, K]. Differentiable in both, at zero vectors too.
/// Throws ShapeError where they do not fit, ValueError unless the temperature is above 0.
Tensor prototype_similarities(const Tensor& features, const Tensor& prototypes, double temperature = 0.1);

/// The mean over the classes c that have members of -log(sum over members i of exp(s_ic) / sum over all i of exp(s_ic)). The members of
/// c are the examples with pseudo-label c (labels [N], i64) that are confident (u8 [N], 0 or 1). 0, with gradient 0, where no class
/// has any. Of similarities [N, K]; differentiable to any order. Throws ShapeError, DTypeError, or IndexError on a label out of range.
Tensor prototype_loss(const Tensor& similarities, const Tensor& labels, const Tensor& confident);

/// Feature maps x [N, C, H, W] with the mean and the standard deviation that each channel has in style [N, C, H, W], example by
/// example (Huang and Belongie 2017, arXiv 1703.06868). The statistics, of x too, are constants.
Tensor transfer_style(const Tensor& x, const Tensor& style, double epsilon = 1e-5);

}  // namespace knoll::losses
