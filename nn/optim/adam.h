// Adam and AdamW.
#pragma once

#include <knoll/nn/optim/optimizer.h>

namespace knoll::nn {

struct AdamOptions {
    double learning_rate = 1e-3;
    double beta1 = 0.9;    ///< decay of the gradient's mean
    double beta2 = 0.999;  ///< decay of the squared gradient's mean
    double epsilon = 1e-8;
    double weight_decay = 0.0;  ///< added to the gradient, times the weight (L2)
};

/// m and v are running means of g and g^2, corrected for their start at 0; w -= rate * m / (sqrt(v) + epsilon)
/// (Kingma and Ba 2015). As torch.optim.Adam.
class Adam final : public GroupedOptimizer<AdamOptions> {
public:
    explicit Adam(const std::vector<Tensor>& parameters, const AdamOptions& options = {}) : Adam({ParameterGroup<AdamOptions>{parameters, options}}) {}
    explicit Adam(const std::vector<ParameterGroup<AdamOptions>>& groups) : GroupedOptimizer("Adam", groups) {}

private:
    std::span<const char* const> state_names(std::size_t group) const override;
    void update(const Slice& slice) const override;
};

struct AdamWOptions {
    double learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 1e-2;  ///< w shrinks by rate * decay before the step, apart from the gradient
};

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019). As torch.optim.AdamW.
class AdamW final : public GroupedOptimizer<AdamWOptions> {
public:
    explicit AdamW(const std::vector<Tensor>& parameters, const AdamWOptions& options = {}) : AdamW({ParameterGroup<AdamWOptions>{parameters, options}}) {}
    explicit AdamW(const std::vector<ParameterGroup<AdamWOptions>>& groups) : GroupedOptimizer("AdamW", groups) {}

private:
    std::span<const char* const> state_names(std::size_t group) const override;
    void update(const Slice& slice) const override;
};

/// Throws ValueError on options out of range.
void validate(const AdamOptions& options);
void validate(const AdamWOptions& options);

}  // namespace knoll::nn
