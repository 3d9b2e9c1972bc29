// The least disagree metric (Cho et al., ICLR 2024, arXiv 2401.09787): how small a change of the model suffices to change its answer
// for an example. Small means near the decision boundary, whatever the scale of the logits.
//
// Of a model g and an example x it is the infimum, over models h with h(x) != g(x), of the probability that h and g disagree on an
// example. It is estimated with models that differ from g by normal noise on the last layer's weights, of many variances; the
// probability is the share of given examples on which the answer has changed.
#pragma once

#include <knoll/core/rng.h>
#include <knoll/core/tensor.h>

#include <vector>

namespace knoll::data::active {

/// The last layer: logits = features [N, D] times weight [K, D] transposed, plus bias [K].
struct LastLayer {
    Tensor weight;
    Tensor bias;
};

struct LeastDisagreeOptions {
    double smallest_deviation = 1e-5;  ///< of the noise; the largest is 1
    int deviations = 51;               ///< so many, evenly spaced on a logarithmic scale
    int patience = 10;                 ///< a deviation is done with after so many models in a row that lowered no example's metric
    int at_most = 0;                   ///< models of one deviation; 0: as many as lower the metric of some example
};

/// The estimate for each row of pool [N, D]: f64 [N] in [0, 1]; 1 where no model changed the answer. Disagreement is measured on the
/// rows of sample [M, D], which may be the same tensor; it may be 0 where an answer in the pool changes and none in the sample does. Noise is a function of
/// (rng, number of the deviation, number of the model). Throws ValueError on options out of range or an empty sample.
Tensor least_disagree_metric(const Tensor& pool, const Tensor& sample, const LastLayer& layer, const LeastDisagreeOptions& options, Rng rng);

}  // namespace knoll::data::active
