// Normalisation.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll {

struct BatchNormOptions {
    bool training = true;   ///< use the batch's statistics and update the running ones; otherwise use the running ones
    double momentum = 0.1;  ///< weight of the new statistics
    double epsilon = 1e-5;
};

/// Normalises each channel of x [N, C] or [N, C, ...] over all else (Ioffe and Szegedy 2015), then scales by weight [C] and
/// shifts by bias [C] (each may be undefined). Training updates running_mean and running_var [C] in place (may be undefined), the
/// latter with the unbiased variance, as PyTorch does. Throws ShapeError where training has one value per channel.
Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor running_mean, Tensor running_var, const BatchNormOptions& options = {});
/// relu(batch_norm(x) + shortcut) in fewer passes over memory; shortcut, of x's shape, may be undefined. The block of a residual
/// network (He et al. 2016) ends in it.
Tensor batch_norm_relu(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor running_mean, Tensor running_var, const BatchNormOptions& options = {},
                       const Tensor& shortcut = {});
/// Normalises over the last dimensions, whose shape weight and bias (may be undefined) have (Ba et al. 2016).
Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight = {}, const Tensor& bias = {}, double epsilon = 1e-5);
/// Normalises groups of channels of x [N, C, ...] per example, then scales by weight [C], shifts by bias [C] (Wu and He 2018).
Tensor group_norm(const Tensor& x, std::int64_t groups, const Tensor& weight = {}, const Tensor& bias = {}, double epsilon = 1e-5);

}  // namespace knoll
