// Metric learning against a memory of embeddings of earlier batches.
#pragma once

#include <knoll/apps/procedures/procedure.h>
#include <knoll/losses/metric_loss.h>

#include <memory>

namespace knoll::apps {

struct CrossBatchMemoryOptions {
    std::int64_t capacity = 1024;  ///< rows
    double weight = 1.0;           ///< of the loss against the memory
    std::int64_t warm_up = 0;      ///< steps before the memory is used: at first embeddings move too fast
};

/// Cross-batch memory (Wang et al. 2020, arXiv 1912.06798): a step descends the loss of the batch plus that of the batch against the
/// memory. The batch is put in before the loss is taken, without its graph; a row and its own copy are no pair.
std::unique_ptr<Procedure> make_cross_batch_memory(std::shared_ptr<const losses::MetricLoss> loss, std::int64_t length, const CrossBatchMemoryOptions& options,
                                                   std::unique_ptr<nn::Optimizer> optimizer);

struct MomentumMemoryOptions {
    std::int64_t capacity = 1024;
    double weight = 1.0;
    std::int64_t warm_up = 0;
    double momentum = 0.99;  ///< of the key encoder
    double threshold = 0.5;  ///< negatives less similar are discarded
};

/// In the style of "Rethinking deep contrastive learning with embedding memory" (arXiv 2103.14003): the memory is filled by a key encoder,
/// whose weights follow the model's with a momentum, and the loss is weights on pairs: hard negatives share a weight of 1, easy ones
/// have none, and positives share a weight of 1 evenly. The model has its first weights, which the key encoder begins with.
std::unique_ptr<Procedure> make_momentum_memory(const nn::Sequential& model, std::int64_t length, const MomentumMemoryOptions& options,
                                                std::unique_ptr<nn::Optimizer> optimizer);

}  // namespace knoll::apps
