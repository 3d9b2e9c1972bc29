#include <knoll/apps/procedures/comic.h>

#include <knoll/apps/procedures/cosine_branches.h>
#include <knoll/apps/procedures/descent.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/index.h>
#include <knoll/core/ops/matmul.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/losses/comic.h>

namespace knoll::apps {

namespace {

constexpr double correction_weight = 0.2;
constexpr double prior_exponent = 1.0 / 3;
constexpr double reflective_exponent = 1.0 / 6;
constexpr double balanced_power = 0.5;
constexpr double tail_power = 1.0;

Tensor label_counts(const Tensor& labels) { return sum(labels, {0}).to(DType::f32); }

// How much each image counts, 1 in the mean, if its labels are drawn with probabilities proportional to counts^-power, and then one of
// the images that have the label.
Tensor image_weights(const Tensor& labels, double power) {
    const Tensor counts = maximum(label_counts(labels), ones({labels.size(1)}));
    const Tensor weights = reshape(matmul(labels.to(DType::f32), reshape(pow(counts, -power), {labels.size(1), 1})), {labels.size(0)});
    const double average = mean(weights).item();
    return average > 0 ? weights / average : ones_like(weights);
}

class Comic final : public Procedure {
public:
    Comic(const Tensor& labels, std::unique_ptr<nn::Optimizer> optimizer)
        : first_counts_(label_counts(labels)),
          counts_(first_counts_.clone()),
          prior_weights_(losses::rarity_weights(first_counts_, prior_exponent)),
          companionship_(losses::companionship(labels)),
          balanced_weights_(image_weights(labels, balanced_power)),
          tail_weights_(image_weights(labels, tail_power)),
          optimizer_(std::move(optimizer)) {}

    void begin_epoch(nn::Sequential&, int) override { counts_.copy_(first_counts_); }

    double step(nn::Sequential& model, const data::Batch& batch, int) override {
        const Tensor outputs = model(batch.images);
        const auto logits = [&](Branch branch) { return branch_logits(outputs, branch); };
        const Tensor suggested = losses::suggested_labels(companionship_, batch.labels);
        const auto prior = [&](Branch branch) { return mean(losses::prior_focal(logits(branch), batch.labels, prior_weights_, suggested), {1}); };
        const Tensor head = prior(Branch::head), tail = prior(Branch::tail), balanced = prior(Branch::balanced);
        const Tensor modified = mean(head) + mean(tail * index_select(tail_weights_, 0, batch.indices)) +
                                mean(balanced * index_select(balanced_weights_, 0, batch.indices)) + mean(head + tail + balanced) / 3.0;

        const losses::Reflection reflection = losses::reflect_labels(logits(Branch::balanced), batch.labels);
        counts_ += sum(reflection.recovered, {0});
        const Tensor weights = losses::rarity_weights(counts_, reflective_exponent);
        const auto corrected = [&](Branch branch) { return losses::reflective_loss(losses::reflect_labels(logits(branch), batch.labels), weights); };
        const Tensor correction = corrected(Branch::head_moving) + corrected(Branch::tail_moving) + losses::reflective_loss(reflection, weights);
        return descend(modified + correction_weight * correction, *optimizer_);
    }

    std::vector<nn::Optimizer*> optimizers() override { return {optimizer_.get()}; }
    nn::StateDict state_dict() const override { return {{"counts", counts_}}; }

private:
    Tensor first_counts_, counts_;
    Tensor prior_weights_, companionship_;
    Tensor balanced_weights_, tail_weights_;  // of images
    std::unique_ptr<nn::Optimizer> optimizer_;
};

}  // namespace

std::unique_ptr<Procedure> make_comic(const Tensor& labels, std::unique_ptr<nn::Optimizer> optimizer) {
    return std::make_unique<Comic>(labels, std::move(optimizer));
}

BatchLoss multi_grained_focal_loss(const Tensor& labels) {
    return [weights = losses::rarity_weights(label_counts(labels), reflective_exponent)](const Tensor& logits, const Tensor& targets, int) {
        return mean(losses::multi_grained_focal(logits, targets, weights));
    };
}

}  // namespace knoll::apps
