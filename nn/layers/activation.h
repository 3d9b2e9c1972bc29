// Activation functions as modules.
#pragma once

#include <knoll/core/ops/activation.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/nn/module.h>

namespace knoll::nn {

/// max(x, 0).
class ReLU final : public Module {
public:
    Tensor forward(const Tensor& x) override { return relu(x); }
};

/// x where positive, slope * x elsewhere.
class LeakyReLU final : public Module {
public:
    explicit LeakyReLU(double slope = 0.01) : slope_(slope) {}
    Tensor forward(const Tensor& x) override { return leaky_relu(x, slope_); }

private:
    double slope_;
};

/// x * Phi(x), or its tanh approximation.
class GELU final : public Module {
public:
    explicit GELU(GeluForm form = GeluForm::exact) : form_(form) {}
    Tensor forward(const Tensor& x) override { return gelu(x, form_); }

private:
    GeluForm form_;
};

/// x * sigmoid(x).
class SiLU final : public Module {
public:
    Tensor forward(const Tensor& x) override { return silu(x); }
};

/// x where positive, alpha * (exp(x) - 1) elsewhere.
class ELU final : public Module {
public:
    explicit ELU(double alpha = 1.0) : alpha_(alpha) {}
    Tensor forward(const Tensor& x) override { return elu(x, alpha_); }

private:
    double alpha_;
};

class Tanh final : public Module {
public:
    Tensor forward(const Tensor& x) override { return tanh(x); }
};

class Sigmoid final : public Module {
public:
    Tensor forward(const Tensor& x) override { return sigmoid(x); }
};

/// log(1 + exp(x)).
class Softplus final : public Module {
public:
    Tensor forward(const Tensor& x) override { return softplus(x); }
};

}  // namespace knoll::nn
