// Complement entropy (Chen et al., ICLR 2019, arXiv 1903.01182): how evenly the model spreads over the wrong classes what it does not
// give to the right one. With P the softmax of the wrong classes' logits alone, H = -sum P log P in [0, log(K - 1)]; the right class's
// logit has no part in it. H is something to be maximised.
//
// Paper and code differ in the sign and the divisor. The paper maximises H (its text divides by K - 1); the code minimises
// -H / K, and computes P as p / (1 - p_g + 1e-7), which fades out as p_g nears 1. Here P is exact.
#pragma once

#include <knoll/losses/row_loss.h>

namespace knoll::losses {

/// H itself. Not to be minimised. Exactly 0, with gradient 0, for K = 2.
struct ComplementEntropyFormula {
    static Description<ComplementEntropyFormula> about();
    RowNeeds needs() const { return {.entropy = true}; }

    template <class Number>
    Number operator()(const Row<Number>& row) const {
        return row.entropy;
    }
};

class ComplementEntropy : public RowLoss {
public:
    using Options = ComplementEntropyFormula;
    explicit ComplementEntropy(const Options& options = {}, Reduction reduction = Reduction::mean);
};

/// -H / K: what complement objective training minimises in the second of its two steps, the first being cross-entropy.
struct CotObjectiveFormula {
    bool divide_by_all = true;  ///< divide by K, as the published code does; otherwise by K - 1, as the text does

    static Description<CotObjectiveFormula> about();
    RowNeeds needs() const { return {.entropy = true}; }

    template <class Number>
    Number operator()(const Row<Number>& row) const {
        return (-1.0 / (divide_by_all ? row.classes : row.classes - 1.0)) * row.entropy;
    }
};

class CotObjective : public RowLoss {
public:
    using Options = CotObjectiveFormula;
    explicit CotObjective(const Options& options = {}, Reduction reduction = Reduction::mean);
};

}  // namespace knoll::losses
