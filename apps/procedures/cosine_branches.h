// Three classifiers on the features of one network: for frequent classes (head), for rare ones (tail), and for all alike (balanced).
#pragma once

#include <knoll/nn/module.h>

namespace knoll::apps {

/// Where each part stands in the outputs of CosineBranches in training.
enum class Branch : std::int64_t { head, tail, balanced, head_moving, tail_moving };

/// Cosine classifiers in the style of COMIC (arXiv 2304.10539): the logits are 16 x/|x| w/(|w| + 1/32), so that a class does not gain from
/// large weights, as frequent ones otherwise do. A running sum m of mean features, decaying by 0.9 a batch, stands for what all images
/// have in common; the moving logits of the head branch are those of x/|x| without its part along m, those of the tail branch of x/|x| with
/// twice that part on top.
class CosineBranches final : public nn::Module {
public:
    static constexpr std::int64_t outputs = 5;

    CosineBranches(std::int64_t features, std::int64_t classes);
    /// x [N, features] to [N, outputs * classes] in training, and to the balanced branch's logits [N, classes] in evaluation.
    Tensor forward(const Tensor& x) override;

    Tensor head, tail, balanced;  ///< weights [classes, features]
    Tensor running;               ///< [features]

private:
    void describe(nn::Fields& fields) override;
    void reset_parameters(Rng& rng) override;
};

/// One part [N, classes] of what CosineBranches gives in training.
Tensor branch_logits(const Tensor& outputs, Branch branch);

}  // namespace knoll::apps
