// Metric losses: of embeddings [N, D] and a class for each, they want rows of one class near each other and rows of different ones apart.
// Every row is an anchor in turn; the others are its positives (of its class) and negatives.
#pragma once

#include <knoll/losses/parameter.h>

namespace knoll::losses {

/// Which of the rows [M] belong together with which anchors [N]: u8 [N, M] each. What is in neither is left out.
struct PairMasks {
    Tensor positive;
    Tensor negative;
};

class MetricLoss : public Loss {
public:
    /// The same of anchors [N, D] against others [M, D], such as a memory of past embeddings, with their classes [M]. Pairs that excluded
    /// (u8 [N, M], may be undefined) marks are left out: a row that is the anchor itself. Throws as the loss of a batch does.
    Tensor against(const Tensor& embeddings, const Tensor& classes, const Tensor& others, const Tensor& other_classes, const Tensor& excluded = {}) const;

protected:
    MetricLoss(std::string_view name, Reduction reduction) : Loss(std::string(name), TargetKind::same_class, reduction) {}

private:
    Tensor evaluate(const Tensor& embeddings, const Tensor& classes, const LossContext& context) const final;
    /// One loss per anchor, [N]; 0 where the masks leave an anchor without the pairs that it would take.
    virtual Tensor anchor_losses(const Tensor& anchors, const Tensor& others, const PairMasks& pairs) const = 0;
};

/// Which of the classes [M] are each of the classes [N], and which are not, without what excluded [N, M] marks (may be undefined).
PairMasks pair_masks(const Tensor& classes, const Tensor& other_classes, const Tensor& excluded = {});
/// Throws unless embeddings are finite [N, D] of f32 or f64, N and D at least 1, and classes integers [N].
void check_embeddings(const std::string& name, const Tensor& embeddings, const Tensor& classes);

/// 1 where a row of the mask [M, N] marks something: u8 [M].
Tensor any_marked(const Tensor& mask);

}  // namespace knoll::losses
