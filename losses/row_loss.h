// Single-label losses: logits [N, K] against one class per row. Each is one formula of a row (row_formula.h).
#pragma once

#include <knoll/losses/parameter.h>
#include <knoll/losses/row_formula.h>

namespace knoll::losses {

class RowLoss : public Loss {
public:
    /// With weights [K] for the classes, the mean divides by the weights of the batch's classes instead of N.
    RowLoss(std::string_view name, RowFormulaPtr formula, Reduction reduction, const Tensor& class_weights = {});

private:
    Tensor evaluate(const Tensor& logits, const Tensor& targets, const LossContext& context) const final;

    const char* static_name_;
    RowFormulaPtr formula_;
    Tensor class_weights_;
};

/// Throws unless logits are [N, K] of f32 or f64 with N >= 1 and K >= 2.
void check_rows(const std::string& name, const Tensor& logits);
/// The targets as i64. Throws unless they are integers [N], every one a class of the logits.
Tensor checked_classes(const std::string& name, const Tensor& logits, const Tensor& targets);
/// Throws NonFiniteError where the value of a loss is NaN, naming the logit that is to blame: a NaN, an infinity, or a number so large that
/// differences overflow. Looking at the value first spares a pass over the logits.
void check_value(const std::string& name, const Tensor& logits, const Tensor& value);

}  // namespace knoll::losses
