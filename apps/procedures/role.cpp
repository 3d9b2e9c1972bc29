#include <knoll/apps/procedures/role.h>

#include <knoll/core/autograd.h>
#include <knoll/core/non_finite.h>
#include <knoll/core/ops/index.h>
#include <knoll/losses/role.h>
#include <knoll/nn/optim/adam.h>

#include <cmath>
#include <utility>

namespace knoll::apps {

namespace {

constexpr double estimator_speed = 10;          // learning rate of the estimates, in those of the model
constexpr std::uint64_t estimate_stream = 101;  // of the first estimates, apart from weights and batches

class Role final : public Procedure {
public:
    Role(const Tensor& labels, double k, std::unique_ptr<nn::Optimizer> optimizer, std::uint64_t seed, EstimateGallery gallery)
        : k_(k),
          estimates_(losses::initial_estimates(labels, Rng{seed, estimate_stream}).set_requires_grad()),
          optimizer_(std::move(optimizer)),
          estimator_({estimates_}),
          gallery_(std::move(gallery)) {}

    double step(nn::Sequential& model, const data::Batch& batch, int) override {
        const Tensor loss = losses::role_loss(model(batch.images), index_select(estimates_, 0, batch.indices), batch.labels, k_);
        const double value = loss.item();
        require<NonFiniteError>(std::isfinite(value), "[train] expected a finite loss, got ", value);
        estimator_.set_learning_rate(estimator_speed * optimizer_->learning_rate());
        optimizer_->zero_grad();
        estimator_.zero_grad();
        backward(loss);
        optimizer_->step();
        estimator_.step();
        return value;
    }

    std::vector<nn::Optimizer*> optimizers() override { return {optimizer_.get(), &estimator_}; }
    nn::StateDict state_dict() const override { return {{"estimates", estimates_.detach()}}; }
    std::vector<Gallery> galleries(nn::Sequential&) override { return gallery_(estimates_.detach()); }

private:
    double k_;
    Tensor estimates_;
    std::unique_ptr<nn::Optimizer> optimizer_;
    nn::Adam estimator_;
    EstimateGallery gallery_;
};

}  // namespace

std::unique_ptr<Procedure> make_role(const Tensor& labels, double k, std::unique_ptr<nn::Optimizer> optimizer, std::uint64_t seed, EstimateGallery gallery) {
    return std::make_unique<Role>(labels, k, std::move(optimizer), seed, std::move(gallery));
}

}  // namespace knoll::apps
