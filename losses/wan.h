// WAN, "weak assume negatives" (Cole et al., CVPR 2021, arXiv 2106.09708, section 3): a label that was not observed counts as a
// negative, but weakly, so that the C - 1 assumed negatives of an image weigh as much as its one positive.
// The published code takes log(p + 1e-5); here the logarithm is exact.
#pragma once

#include <knoll/losses/elementwise_loss.h>
#include <knoll/losses/opposing.h>

#include <optional>

namespace knoll::losses {

/// -log q, times gamma for negatives.
struct WanFormula {
    std::optional<double> gamma = {};  ///< 1 / (C - 1) unless given

    static constexpr TargetKind target_kind = TargetKind::binary;
    static Description<WanFormula> about();

    /// Throws ValueError where gamma is not given and C is 1.
    WanFormula for_batch(const BatchInfo& batch) const;

    template <class Number>
    Number operator()(const Number& x, const Number& t) const {
        return where(t > 0.5, Number(1.0), Number(*gamma)) * softplus(opposing_logit(x, t));
    }
};

extern template class ElementwiseLoss<WanFormula>;
using Wan = ElementwiseLoss<WanFormula>;

}  // namespace knoll::losses
