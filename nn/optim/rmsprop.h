// RMSprop.
#pragma once

#include <knoll/nn/optim/optimizer.h>

namespace knoll::nn {

struct RMSpropOptions {
    double learning_rate = 1e-2;
    double alpha = 0.99;  ///< decay of the squared gradient's mean
    double epsilon = 1e-8;
    double momentum = 0.0;
    double weight_decay = 0.0;  ///< added to the gradient, times the weight (L2)
};

/// v is the running mean of g^2; w -= rate * g / (sqrt(v) + epsilon), through a momentum buffer if asked (Tieleman and
/// Hinton 2012). As torch.optim.RMSprop.
class RMSprop final : public GroupedOptimizer<RMSpropOptions> {
public:
    explicit RMSprop(const std::vector<Tensor>& parameters, const RMSpropOptions& options = {})
        : RMSprop({ParameterGroup<RMSpropOptions>{parameters, options}}) {}
    explicit RMSprop(const std::vector<ParameterGroup<RMSpropOptions>>& groups) : GroupedOptimizer("RMSprop", groups) {}

private:
    std::span<const char* const> state_names(std::size_t group) const override;
    void update(const Slice& slice) const override;
};

/// Throws ValueError on options out of range.
void validate(const RMSpropOptions& options);

}  // namespace knoll::nn
