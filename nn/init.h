// Initialisers: fill a tensor in place, under NoGrad. A weight is [out, in, ...]; a convolution's fan counts its window.
#pragma once

#include <knoll/core/rng.h>
#include <knoll/core/tensor.h>

namespace knoll::nn::init {

enum class FanMode { fan_in, fan_out };

/// Inputs (fan_in) or outputs (fan_out) that one weight of this shape connects. Throws ShapeError below rank 2.
std::int64_t fan(const Shape& shape, FanMode mode);

struct KaimingOptions {
    FanMode mode = FanMode::fan_in;
    double negative_slope = 0.0;  ///< of the leaky ReLU that follows; 0: ReLU, 1: none
};

void uniform_(Tensor& tensor, double low, double high, Rng& rng);
void normal_(Tensor& tensor, double mean, double standard_deviation, Rng& rng);
/// Normal with variance gain^2 / fan, gain^2 = 2 / (1 + slope^2) (He et al. 2015): keeps the scale of signals through ReLUs.
void kaiming_normal_(Tensor& tensor, Rng& rng, const KaimingOptions& options = {});
/// The same variance, uniform.
void kaiming_uniform_(Tensor& tensor, Rng& rng, const KaimingOptions& options = {});
/// Normal with variance gain^2 * 2 / (fan_in + fan_out) (Glorot and Bengio 2010): for tanh and sigmoid.
void xavier_normal_(Tensor& tensor, Rng& rng, double gain = 1.0);
/// The same variance, uniform.
void xavier_uniform_(Tensor& tensor, Rng& rng, double gain = 1.0);
/// A random matrix [out, rest] whose rows (or columns, if there are fewer) are orthogonal and of length gain (Saxe et al. 2014).
void orthogonal_(Tensor& tensor, Rng& rng, double gain = 1.0);

}  // namespace knoll::nn::init
