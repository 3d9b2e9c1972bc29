// Learning from label proportions with pseudo-labels (L2P-AHIL, Ma et al. 2024, arXiv 2411.10364): whole bags are fitted to the known
// shares of their classes, and single examples to what the model believes of them, the more the surer both the example's prediction and
// its class's part of the bag are.
#pragma once

#include <knoll/apps/procedures/procedure.h>
#include <knoll/data/loader/transform.h>
#include <knoll/losses/label_proportions.h>

#include <optional>

namespace knoll::apps {

struct AhilOptions {
    std::int64_t bag = 64;  ///< examples of a bag; batches are whole bags
    std::int64_t classes = 10;
    double instance_weight = 0.5;  ///< factor of the loss of single examples; 0: the proportion loss alone
    int warm_up = 0;               ///< epochs of the proportion loss alone at first
    losses::DualEntropyOptions widths = {};
    std::vector<data::Transform> weak = {};    ///< of the view whose predictions are fitted to the shares and make pseudo-labels
    std::vector<data::Transform> strong = {};  ///< of the view that learns them
    std::uint64_t seed = 0;                    ///< of the views
};

/// The weak view's proportion loss + instance_weight times the mean over examples of weight times cross-entropy of the strong view
/// against the pseudo-label. Pseudo-labels and weights are constants. Weak and strong logits [B M, K], proportions [B, K].
Tensor ahil_loss(const Tensor& weak, const Tensor& strong, const Tensor& proportions, const AhilOptions& options);

/// Of a batch's labels nothing is used but the shares in each bag. Throws ValueError unless batches are whole bags.
std::unique_ptr<Procedure> make_ahil(std::unique_ptr<nn::Optimizer> optimizer, const AhilOptions& options);

}  // namespace knoll::apps
