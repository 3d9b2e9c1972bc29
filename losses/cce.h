// Complement cross-entropy (Kim, Lee and Jeon 2020, arXiv 2009.02189): cross-entropy and complement entropy in one objective.
//
// Signs. H >= 0 is the complement entropy (complement_entropy.h). The paper minimises CE + gamma H / (K - 1) with gamma = -1, so that
// minimising it evens out the wrong classes; the loss may be negative, down to -log(K - 1) / (K - 1). The authors' code of the
// accepted version computes CE + H / K, the opposite; {.gamma = 1, .divide_by_all = true} reproduces that.
#pragma once

#include <knoll/losses/row_loss.h>

namespace knoll::losses {

struct CceOptions {
    double gamma = -1.0;
    bool divide_by_all = false;  ///< divide H by K instead of K - 1

    static Description<CceOptions> about();
};

/// -log p of the true class + gamma H / (K - 1). For K = 2 this is cross-entropy.
class Cce : public RowLoss {
public:
    using Options = CceOptions;
    explicit Cce(const Options& options = {}, Reduction reduction = Reduction::mean);

private:
    Tensor rows(const Tensor& logits, const Tensor& classes) const override;

    Options options_;
};

}  // namespace knoll::losses
