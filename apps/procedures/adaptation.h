// A trained model meets data of another kind, without labels, batch after batch, and adapts itself as it goes.
//
// All methods here predict a batch by the statistics of the batch itself in place of those of training, and those that learn take one
// step after they have predicted: a batch is judged by what was learned from the batches before it.
#pragma once

#include <knoll/nn/sequential.h>

#include <memory>
#include <string>
#include <vector>

namespace knoll::apps {

class Adapter {
public:
    virtual ~Adapter() = default;
    /// The logits [B, K] of a batch of images, predicted before anything is learned from it.
    virtual Tensor predict(const Tensor& images) = 0;
};

struct AdaptationOptions {
    double learning_rate = 1e-3;   ///< of Adam, at every step
    double confidence = 0.9;       ///< dpl: the least probability of a pseudo-label that is trusted
    double temperature = 0.1;      ///< dpl: of the cosines
    double memory_momentum = 0.9;  ///< dpl: what a pseudo-feature keeps of itself
    double memory_weight = 1.0;    ///< dpl: factor of the loss of the memory
    double style_weight = 1.0;     ///< dpl: factor of the loss of examples in the style of others
};

/// none, bn_stats, tent, dpl.
const std::vector<std::string>& adapter_names();

/// A copy of the source model that adapts: `none` does nothing and uses the statistics of training; `bn_stats` uses the batch's; `tent`
/// minimises the entropy of its predictions (Wang et al. 2021, arXiv 2006.10726) and `dpl` the prototype losses of losses/dpl.h, both
/// over the scales and shifts of batch norm, dpl over its prototypes too, the rows of the last layer. Throws ValueError on another
/// name, or a model without batch norm; for dpl, one that does not end in a linear layer.
std::unique_ptr<Adapter> make_adapter(const std::string& name, const nn::Sequential& source, const AdaptationOptions& options = {});

/// The mean entropy of softmax(logits [N, K]). Differentiable to any order.
Tensor mean_entropy(const Tensor& logits);

/// One feature vector for each class, with momentum.
class ClassMemory {
public:
    ClassMemory(std::int64_t classes, double momentum) : momentum_(momentum), features_(static_cast<std::size_t>(classes)) {}
    /// m_c = momentum m_c + (1 - momentum) mean of the features [N, D] with label c (i64 [N]) that are kept (u8 [N]); their mean where
    /// there was nothing yet.
    void update(const Tensor& features, const Tensor& labels, const Tensor& kept);
    /// The classes that have a feature, i64 [n], and those features [n, D]. Undefined where there is none.
    std::pair<Tensor, Tensor> contents() const;

private:
    double momentum_;
    std::vector<Tensor> features_;
};

}  // namespace knoll::apps
