// Activation functions. Each works on f32 and f64, keeps the shape, and stays finite and right at any finite input,
// and is its limit at infinities.
#pragma once

#include <knoll/core/tensor.h>

namespace knoll {

/// 1 / (1 + exp(-a)).
Tensor sigmoid(const Tensor& a);
/// log(sigmoid(a)) = -softplus(-a).
Tensor log_sigmoid(const Tensor& a);
/// log(1 + exp(a)), exact at any a (no threshold).
Tensor softplus(const Tensor& a);
/// max(a, 0); the gradient at 0 is 0.
Tensor relu(const Tensor& a);
/// a where positive, slope * a elsewhere (at 0 too).
Tensor leaky_relu(const Tensor& a, double slope = 0.01);

enum class GeluForm { exact, tanh };
/// a * Phi(a) with the normal distribution function Phi (Hendrycks and Gimpel 2016), or its tanh approximation.
Tensor gelu(const Tensor& a, GeluForm form = GeluForm::exact);
/// a * sigmoid(a).
Tensor silu(const Tensor& a);
/// a where positive, alpha * (exp(a) - 1) elsewhere.
Tensor elu(const Tensor& a, double alpha = 1.0);

}  // namespace knoll
