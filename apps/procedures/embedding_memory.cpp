#include <knoll/apps/procedures/embedding_memory.h>

#include <knoll/apps/procedures/descent.h>
#include <knoll/core/autograd.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/matmul.h>
#include <knoll/losses/pair_weighting.h>
#include <knoll/nn/counts.h>
#include <knoll/nn/memory_bank.h>
#include <knoll/nn/training/ema.h>

#include <utility>

namespace knoll::apps {

namespace {

// What both have in common: the memory, and the steps that have been taken.
class WithMemory : public Procedure {
public:
    WithMemory(std::int64_t capacity, std::int64_t length, std::int64_t warm_up, std::unique_ptr<nn::Optimizer> optimizer)
        : memory_(capacity, length), warm_up_(warm_up), optimizer_(std::move(optimizer)) {}

    std::vector<nn::Optimizer*> optimizers() override { return {optimizer_.get()}; }

    nn::StateDict state_dict() const override {
        nn::StateDict state{{"steps", from_data<std::int64_t>({}, {&steps_, 1})}};
        nn::append_with_prefix(state, "memory", memory_.state_dict());
        return state;
    }
    void load_state_dict(const nn::StateDict& state) override {
        nn::require_counts("memory", state, "steps");
        const nn::StateDict counted{{"steps", scalar(0, DType::i64)}};
        nn::StateDict steps;
        for (const auto& entry : state)
            if (entry.first == "steps") steps.push_back(entry);
        nn::copy_state("memory", counted, steps);
        memory_.load_state_dict(nn::select_prefix(state, "memory"));
        steps_ = counted.front().second.at<std::int64_t>();
    }

protected:
    // Also says whether the memory counts in this step.
    bool take_step() { return steps_++ >= warm_up_; }

    nn::MemoryBank memory_;
    std::int64_t steps_ = 0;
    std::int64_t warm_up_;
    std::unique_ptr<nn::Optimizer> optimizer_;
};

class CrossBatchMemory final : public WithMemory {
public:
    CrossBatchMemory(std::shared_ptr<const losses::MetricLoss> loss, std::int64_t length, const CrossBatchMemoryOptions& options,
                     std::unique_ptr<nn::Optimizer> optimizer)
        : WithMemory(options.capacity, length, options.warm_up, std::move(optimizer)), loss_(std::move(loss)), weight_(options.weight) {}

    double step(nn::Sequential& model, const data::Batch& batch, int epoch) override {
        const Tensor embeddings = model(batch.images);
        Tensor loss = (*loss_)(embeddings, batch.labels, {.epoch = epoch});
        if (take_step()) {
            const Tensor slots = memory_.enqueue(embeddings, batch.labels);
            const Tensor own = nn::own_slots(slots, memory_.size());
            loss = loss + weight_ * loss_->against(embeddings, batch.labels, memory_.rows(), memory_.labels(), own);
        }
        return descend(loss, *optimizer_);
    }

private:
    std::shared_ptr<const losses::MetricLoss> loss_;
    double weight_;
};

class MomentumMemory final : public WithMemory {
public:
    MomentumMemory(const nn::Sequential& model, std::int64_t length, const MomentumMemoryOptions& options, std::unique_ptr<nn::Optimizer> optimizer)
        : WithMemory(options.capacity, length, options.warm_up, std::move(optimizer)),
          options_(options),
          key_encoder_(nn::clone(model)),
          average_(model, {.decay = options.momentum}) {}

    double step(nn::Sequential& model, const data::Batch& batch, int) override {
        const Tensor embeddings = model(batch.images);
        const losses::PairMasks inside = losses::pair_masks(batch.labels, batch.labels, eye(batch.size(), DType::u8));
        Tensor loss = pair_loss(matmul(embeddings, embeddings, {.transpose_b = true}), inside);
        if (take_step()) {
            const Tensor slots = memory_.enqueue(keys_of(batch.images), batch.labels);
            const losses::PairMasks across = losses::pair_masks(batch.labels, memory_.labels(), nn::own_slots(slots, memory_.size()));
            loss = loss + options_.weight * pair_loss(matmul(embeddings, memory_.rows(), {.transpose_b = true}), across);
        }
        const double value = descend(loss, *optimizer_);
        average_.update();
        return value;
    }

    nn::StateDict state_dict() const override {
        nn::StateDict state = WithMemory::state_dict();
        nn::append_with_prefix(state, "average", average_.state_dict());
        return state;
    }
    void load_state_dict(const nn::StateDict& state) override {
        WithMemory::load_state_dict(state);
        average_.load_state_dict(nn::select_prefix(state, "average"));
    }

private:
    // By the averages of running statistics too, so that a key depends on its own image alone.
    Tensor keys_of(const Tensor& images) {
        const NoGrad no_grad;
        average_.copy_to(key_encoder_);
        key_encoder_.eval();
        return key_encoder_(images);
    }

    Tensor pair_loss(const Tensor& similarities, const losses::PairMasks& pairs) const {
        const Tensor hard = losses::hard_negative_weights(similarities, pairs.negative, options_.threshold).to(DType::u8);
        return losses::weighted_pairs(similarities, losses::even_weights(pairs.positive, 1.0), losses::even_weights(hard, 1.0));
    }

    MomentumMemoryOptions options_;
    nn::Sequential key_encoder_;
    nn::EMA average_;
};

}  // namespace

std::unique_ptr<Procedure> make_cross_batch_memory(std::shared_ptr<const losses::MetricLoss> loss, std::int64_t length, const CrossBatchMemoryOptions& options,
                                                   std::unique_ptr<nn::Optimizer> optimizer) {
    return std::make_unique<CrossBatchMemory>(std::move(loss), length, options, std::move(optimizer));
}

std::unique_ptr<Procedure> make_momentum_memory(const nn::Sequential& model, std::int64_t length, const MomentumMemoryOptions& options,
                                                std::unique_ptr<nn::Optimizer> optimizer) {
    return std::make_unique<MomentumMemory>(model, length, options, std::move(optimizer));
}

}  // namespace knoll::apps
