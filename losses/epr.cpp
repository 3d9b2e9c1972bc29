#include <knoll/losses/epr.h>

#include <knoll/core/formula.h>
#include <knoll/core/ops/activation.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/reduce.h>

namespace knoll::losses {

namespace {

// -log p where the label was observed; of the others it says nothing.
struct ObservedPositives {
    template <class Number>
    Number operator()(const Number& x, const Number& t) const {
        return where(t > 0.5, softplus(-x), Number(0.0));
    }
};

}  // namespace

Tensor expected_positives_penalty(const Tensor& logits, double k) {
    const double classes = logits.rank() > 0 ? static_cast<double>(logits.size(-1)) : 1.0;
    const double examples = static_cast<double>(logits.numel()) / classes;
    return square((sum(sigmoid(logits)) / examples - k) / classes);
}

Description<EprOptions> EprOptions::about() {
    return {.name = "epr",
            .targets = TargetKind::binary,
            .meaning = "observed positives alone, and a penalty where a batch has more or fewer positives than expected",
            .paper = "Cole et al. 2021, Multi-label learning from single positive labels, arXiv 2106.09708",
            .parameters = {parameter<&EprOptions::k>("k", not_negative, "positives that an example is expected to have")},
            .of_batch = true};
}

Epr::Epr(const Options& options, Reduction reduction) : Loss(std::string(Options::about().name), TargetKind::binary, reduction), k_(options.k) {
    check_parameters(options);
    require<ValueError>(reduction != Reduction::none,
                        "[epr] expected the reduction mean or sum, got none; its penalty belongs to a whole batch, not to an element");
}

Tensor Epr::evaluate(const Tensor& logits, const Tensor& targets, const LossContext&) const {
    static const FormulaPtr observed = compile_formula("epr", ObservedPositives{});
    const Tensor data_term = apply_formula(observed, logits, targets, {.reduction = reduction(), .binary_targets = true});
    const Tensor penalty = expected_positives_penalty(logits, k_);
    return reduction() == Reduction::sum ? data_term + penalty * static_cast<double>(logits.numel()) : data_term + penalty;
}

}  // namespace knoll::losses
