// Bootstrapping (Reed et al. 2015, arXiv 1412.6596): a target that is partly the label and partly what the model itself believes, so
// that it may insist where a label is wrong.
#pragma once

#include <knoll/losses/row_loss.h>

#include <optional>

namespace knoll::losses {

/// -sum over k of (beta y_k + (1 - beta) p_k) log p_k: cross-entropy and the softmax's own entropy. Both p are differentiated, which
/// makes it the minimum entropy regularisation that the paper derives.
struct SoftBootstrappingFormula {
    double beta;

    RowNeeds needs() const { return {.entropy = true}; }

    template <class Number>
    Number operator()(const Row<Number>& row) const {
        const Number u = row.opposing;
        // Of "the labelled class or another", and then of which other.
        const Number entropy = sigmoid(-u) * softplus(u) - sigmoid(u) * log_sigmoid(u) + sigmoid(u) * row.entropy;
        return beta * softplus(u) + (1.0 - beta) * entropy;
    }
};

struct BootstrappingOptions {
    std::optional<double> beta = {};  ///< the label's share; the paper's 0.95, or 0.8 if hard, unless given
    bool hard = false;                ///< believe in the largest logit alone, a constant, instead of the whole softmax

    static Description<BootstrappingOptions> about();
};

class Bootstrapping : public Loss {
public:
    using Options = BootstrappingOptions;
    explicit Bootstrapping(const Options& options = {}, Reduction reduction = Reduction::mean);

private:
    Tensor evaluate(const Tensor& logits, const Tensor& targets, const LossContext& context) const override;

    bool hard_;
    double beta_;
    RowLoss rows_;
};

}  // namespace knoll::losses
