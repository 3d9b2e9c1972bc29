// Single-label losses: logits [N, K] against one class per row. Written in tensor ops, so differentiable to any order.
#pragma once

#include <knoll/losses/parameter.h>

namespace knoll::losses {

class RowLoss : public Loss {
protected:
    RowLoss(std::string_view name, Reduction reduction) : Loss(std::string(name), TargetKind::class_index, reduction) {}

private:
    Tensor evaluate(const Tensor& logits, const Tensor& targets, const LossContext& context) const final;

    /// The losses [N] of logits [N, K] against classes [N], i64, all checked: N >= 1, K >= 2, classes in [0, K).
    virtual Tensor rows(const Tensor& logits, const Tensor& classes) const = 0;
    /// What Reduction::mean makes of them.
    virtual Tensor average(const Tensor& losses, const Tensor& classes) const;
};

/// Throws unless logits are [N, K] of f32 or f64 with N >= 1 and K >= 2.
void check_rows(const std::string& name, const Tensor& logits);
/// Throws ValueError with the index if there is a NaN among the logits.
void check_no_nan(const std::string& name, const Tensor& logits);

/// A row of logits, split at its true class.
struct SplitLogits {
    Tensor target;  ///< [N]: the true class's
    Tensor others;  ///< [N, K - 1]: all others, in order
};
SplitLogits split_logits(const Tensor& logits, const Tensor& classes);

/// The logit [N] against the label: log((1 - p) / p) with p the true class's probability. As in opposing.h,
/// -log p = softplus(u) and log(1 - p) = log_sigmoid(u), exact at any logits.
Tensor opposing_logit(const SplitLogits& split);

}  // namespace knoll::losses
