#include <knoll/apps/procedures/ahil.h>

#include <knoll/apps/procedures/descent.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/order.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/data/loader/view.h>
#include <knoll/losses/cross_entropy.h>

namespace knoll::apps {

namespace {

class Ahil final : public Procedure {
public:
    Ahil(std::unique_ptr<nn::Optimizer> optimizer, AhilOptions options) : optimizer_(std::move(optimizer)), options_(std::move(options)) {}

    double step(nn::Sequential& model, const data::Batch& batch, int epoch) override {
        const Tensor proportions = losses::bag_proportions(batch.labels, options_.bag, options_.classes);
        const Tensor weak = view(batch, options_.weak, epoch, weak_stream);
        if (options_.instance_weight == 0 || epoch < options_.warm_up) return descend(losses::proportion_loss(model(weak), proportions), *optimizer_);
        // Both views in one pass, and so under the same statistics of batch norm.
        const std::vector<Tensor> logits = split(model(concat({weak, view(batch, options_.strong, epoch, strong_stream)})), batch.size());
        return descend(ahil_loss(logits[0], logits[1], proportions, options_), *optimizer_);
    }
    std::vector<nn::Optimizer*> optimizers() override { return {optimizer_.get()}; }

private:
    enum Stream : std::uint64_t { weak_stream, strong_stream };

    Tensor view(const data::Batch& batch, const std::vector<data::Transform>& transforms, int epoch, Stream stream) const {
        return data::make_view(batch.images, batch.indices, transforms, Rng{options_.seed}.fork(stream).fork(static_cast<std::uint64_t>(epoch)));
    }

    std::unique_ptr<nn::Optimizer> optimizer_;
    AhilOptions options_;
};

}  // namespace

Tensor ahil_loss(const Tensor& weak, const Tensor& strong, const Tensor& proportions, const AhilOptions& options) {
    const Tensor weights = losses::dual_entropy_weights(weak, proportions, options.widths);
    const losses::CrossEntropy cost{{}, Reduction::none};
    return losses::proportion_loss(weak, proportions) + options.instance_weight * mean(weights * cost(strong, argmax(weak.detach(), 1)));
}

std::unique_ptr<Procedure> make_ahil(std::unique_ptr<nn::Optimizer> optimizer, const AhilOptions& options) {
    return std::make_unique<Ahil>(std::move(optimizer), options);
}

}  // namespace knoll::apps
