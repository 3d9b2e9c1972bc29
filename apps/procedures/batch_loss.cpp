#include <knoll/apps/procedures/batch_loss.h>

#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/index.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/losses/complement_entropy.h>
#include <knoll/losses/registry.h>

namespace knoll::apps {

BatchLoss batch_loss(const std::string& loss, int epochs) {
    const std::shared_ptr<const losses::Loss> function = losses::make(loss);
    return
        [function, epochs](const Tensor& logits, const Tensor& labels, int epoch) { return (*function)(logits, labels, {.epoch = epoch, .epochs = epochs}); };
}

BatchLoss weighted_loss(const std::string& loss, const Tensor& weights) {
    const std::shared_ptr<const losses::Loss> function = losses::make(loss, Reduction::none);
    return [function, weights](const Tensor& logits, const Tensor& labels, int epoch) {
        const Tensor weight = index_select(weights, 0, labels);
        return sum(weight * (*function)(logits, labels, {.epoch = epoch})) / sum(weight);
    };
}

BatchLoss complement_objective() {
    return [objective = losses::CotObjective{}](const Tensor& logits, const Tensor& labels, int) { return objective(logits, labels); };
}

}  // namespace knoll::apps
