// Complement cross-entropy (Kim, Lee and Jeon 2020, arXiv 2009.02189): cross-entropy and complement entropy in one objective.
//
// Signs. H >= 0 is the complement entropy (complement_entropy.h). The paper minimises CE + gamma H / (K - 1) with gamma = -1, so that
// minimising it evens out the wrong classes; the loss may be negative, down to -log(K - 1) / (K - 1). The authors' code of the
// accepted version computes CE + H / K, the opposite; {.gamma = 1, .divide_by_all = true} reproduces that.
#pragma once

#include <knoll/losses/row_loss.h>

namespace knoll::losses {

/// -log p of the true class + gamma H / (K - 1). For K = 2 this is cross-entropy.
struct CceFormula {
    double gamma = -1.0;
    bool divide_by_all = false;  ///< divide H by K instead of K - 1

    static Description<CceFormula> about();
    RowNeeds needs() const { return {.entropy = true}; }

    template <class Number>
    Number operator()(const Row<Number>& row) const {
        const double divisor = divide_by_all ? row.classes : row.classes - 1.0;
        return softplus(row.opposing) + (gamma / divisor) * row.entropy;
    }
};

class Cce : public RowLoss {
public:
    using Options = CceFormula;
    explicit Cce(const Options& options = {}, Reduction reduction = Reduction::mean);
};

}  // namespace knoll::losses
