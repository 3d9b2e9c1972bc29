// A loss over a row of logits as one formula: of what the rivals of the true class, all other classes, amount to. On dual numbers it
// gives a row's value and derivatives, from which one fused pass over the row makes the gradient (core/kernels/rivals.h). On tensors
// it is a composition of differentiable ops, from which all further derivatives come.
//
//     struct SoftmaxFocalFormula {
//         double gamma = 2.0;
//         template <class Number>
//         Number operator()(const Row<Number>& row) const {
//             return exp(gamma * log_sigmoid(row.opposing)) * softplus(row.opposing);
//         }
//     };
#pragma once

#include <knoll/core/dual.h>
#include <knoll/core/kernels/simd.h>
#include <knoll/core/ops/activation.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/reduction.h>

#include <array>
#include <memory>
#include <type_traits>

namespace knoll::losses {

/// What a formula knows of a row. Number is a dual number, or a tensor (f64) with one number for each of N rows.
template <class Number>
struct Row {
    /// The logit against the label, u = log((1 - p) / p) with p the true class's probability. As in opposing.h, -log p = softplus(u)
    /// and log(1 - p) = log_sigmoid(u), exact at any logits.
    Number opposing;
    Number entropy;  ///< of the softmax of the rivals alone, where the formula needs it: see complement_entropy.h
    Number margin;   ///< sum over classes k of w_k (z_g - z_k), g being the true class, where the formula needs it
    std::conditional_t<std::is_same_v<Number, Tensor>, Tensor, double> weight;  ///< w_g, a constant; all weights are 1 unless given
    double total_weight;                                                        ///< of all classes
    double classes;
};

/// What a formula reads beyond the opposing logit. One that does says so: RowNeeds needs() const.
struct RowNeeds {
    bool entropy = false;
    bool margin = false;
};

/// Rows side by side: what a formula knows of each, and its value and derivatives there.
struct RowBlock {
    static constexpr std::int64_t most_rows = 128;
    using Column = std::array<double, most_rows>;

    Column opposing, entropy, margin, weight;
    Column value, by_opposing, by_entropy, by_margin;
};

/// A formula of rows as the tape sees it.
class RowFormula {
public:
    explicit RowFormula(RowNeeds needs) : needs_(needs) {}
    virtual ~RowFormula() = default;
    RowFormula(const RowFormula&) = delete;
    RowFormula& operator=(const RowFormula&) = delete;

    RowNeeds needs() const { return needs_; }
    /// The first `rows` of a block.
    virtual void differentiate(RowBlock& block, std::int64_t rows, double total_weight, double classes) const = 0;
    virtual Tensor compose(const Row<Tensor>& rows) const = 0;

private:
    RowNeeds needs_;
};

using RowFormulaPtr = std::shared_ptr<const RowFormula>;

namespace detail {

template <class Formula>
class CompiledRowFormula final : public RowFormula {
public:
    explicit CompiledRowFormula(const Formula& formula) : RowFormula(needs_of(formula)), formula_(formula) {}

    void differentiate(RowBlock& block, std::int64_t rows, double total_weight, double classes) const override {
        kernels::run_vectorized([=, formula = formula_, at = &block] {
            using Number = Dual<Scalar<double>>;
            for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r) {
                const auto along = [&](double opposing, double entropy, double margin) {
                    return formula(Row<Number>{Number(at->opposing[r], opposing), Number(at->entropy[r], entropy), Number(at->margin[r], margin), at->weight[r],
                                               total_weight, classes});
                };
                const Number by_opposing = along(1.0, 0.0, 0.0), by_entropy = along(0.0, 1.0, 0.0), by_margin = along(0.0, 0.0, 1.0);
                at->value[r] = by_opposing.value.value;
                at->by_opposing[r] = by_opposing.derivative.value;
                at->by_entropy[r] = by_entropy.derivative.value;
                at->by_margin[r] = by_margin.derivative.value;
            }
        });
    }
    Tensor compose(const Row<Tensor>& rows) const override { return formula_(rows); }

private:
    static RowNeeds needs_of(const Formula& formula) {
        if constexpr (requires { formula.needs(); })
            return formula.needs();
        else
            return {};
    }

    Formula formula_;
};

}  // namespace detail

template <class Formula>
RowFormulaPtr compile_row_formula(const Formula& formula) {
    return std::make_shared<detail::CompiledRowFormula<Formula>>(formula);
}

struct RowOptions {
    Reduction reduction = Reduction::mean;  ///< the mean divides by the weights of the batch's classes
    Tensor weights = {};                    ///< [K], of the logits' type; 1 for every class unless given
};

/// The formula of every row of logits [N, K] against classes [N], reduced to a scalar or not; differentiable in the logits to any
/// order. Name is static text. Operands are not checked here but in RowLoss (row_loss.h): f32 or f64, N >= 1, K >= 2, classes of i64
/// in [0, K). A NaN among the logits comes out as a NaN.
Tensor apply_row_formula(const char* name, const RowFormulaPtr& formula, const Tensor& logits, const Tensor& classes, const RowOptions& options = {});

}  // namespace knoll::losses
