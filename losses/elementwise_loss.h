// A loss from one formula: any struct with a templated call operator that computes one loss of one logit and one target.
//
//     struct SquaredHinge {
//         double margin = 1.0;
//         template <class Number>
//         Number operator()(const Number& x, const Number& t) const { ... }
//     };
//     losses::ElementwiseLoss hinge{"squared_hinge", SquaredHinge{.margin = 1.0}, Reduction::mean};
//
// A formula may say more of itself: `static constexpr TargetKind target_kind = TargetKind::binary;` has its targets checked, and
// `auto for_batch(const BatchInfo&) const` gives the formula (of this type or another) that holds for one batch, where that depends
// on the epoch or on the number of classes.
#pragma once

#include <knoll/core/formula.h>
#include <knoll/losses/parameter.h>

namespace knoll::losses {

struct BatchInfo {
    int epoch = 0;
    int epochs = 0;            ///< in all; 0: not known
    std::int64_t classes = 1;  ///< the last extent of the logits
};

template <class Formula>
class ElementwiseLoss : public Loss {
public:
    using Options = Formula;

    ElementwiseLoss(const std::string& name, const Formula& formula, Reduction reduction = Reduction::mean);

    explicit ElementwiseLoss(const Formula& formula = {}, Reduction reduction = Reduction::mean) requires Described<Formula>
        : ElementwiseLoss(std::string(Formula::about().name), formula, reduction) {
        check_parameters(formula);
    }

    const Formula& formula() const { return formula_; }

private:
    static constexpr bool depends_on_batch = requires(const Formula& formula, const BatchInfo& batch) { formula.for_batch(batch); };

    static constexpr TargetKind kind() {
        if constexpr (requires { Formula::target_kind; })
            return Formula::target_kind;
        else
            return TargetKind::real;
    }

    Tensor evaluate(const Tensor& logits, const Tensor& targets, const LossContext& context) const override;

    Formula formula_;
    const char* static_name_;
    FormulaPtr compiled_;  // none where it depends on the batch
};

// Not in the class, where they would be inline: every file that uses a loss would compile its formula anew.
template <class Formula>
ElementwiseLoss<Formula>::ElementwiseLoss(const std::string& name, const Formula& formula, Reduction reduction)
    : Loss(name, kind(), reduction), formula_(formula), static_name_(intern(name)) {
    if constexpr (!depends_on_batch) compiled_ = compile_formula(static_name_, formula);
}

template <class Formula>
Tensor ElementwiseLoss<Formula>::evaluate(const Tensor& logits, const Tensor& targets, const LossContext& context) const {
    const FormulaOptions options{.reduction = reduction(), .binary_targets = kind() == TargetKind::binary};
    if constexpr (depends_on_batch) {
        const BatchInfo batch{.epoch = context.epoch, .epochs = context.epochs, .classes = logits.rank() > 0 ? logits.size(-1) : 1};
        return apply_formula(compile_formula(static_name_, formula_.for_batch(batch)), logits, targets, options);
    } else {
        return apply_formula(compiled_, logits, targets, options);
    }
}

}  // namespace knoll::losses
