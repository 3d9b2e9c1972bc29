// Stochastic gradient descent.
#pragma once

#include <knoll/nn/optim/optimizer.h>

namespace knoll::nn {

struct SGDOptions {
    double learning_rate = 1e-2;
    double momentum = 0.0;
    bool nesterov = false;      ///< look ahead along the momentum (Sutskever et al. 2013)
    double weight_decay = 0.0;  ///< added to the gradient, times the weight (L2)
};

/// g += decay * w; b = momentum * b + g; w -= rate * b, or rate * (g + momentum * b) with Nesterov. As torch.optim.SGD.
class SGD final : public GroupedOptimizer<SGDOptions> {
public:
    explicit SGD(const std::vector<Tensor>& parameters, const SGDOptions& options = {}) : SGD({ParameterGroup<SGDOptions>{parameters, options}}) {}
    explicit SGD(const std::vector<ParameterGroup<SGDOptions>>& groups) : GroupedOptimizer("SGD", groups) {}

private:
    std::span<const char* const> state_names(std::size_t group) const override;
    void update(const Slice& slice) const override;
};

/// Throws ValueError on options out of range.
void validate(const SGDOptions& options);

}  // namespace knoll::nn
