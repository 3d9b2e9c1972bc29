#include <knoll/apps/procedures/descent.h>

#include <knoll/core/autograd.h>
#include <knoll/core/non_finite.h>

#include <cmath>

namespace knoll::apps {

namespace {

class Descent final : public Procedure {
public:
    Descent(BatchLoss loss, std::unique_ptr<nn::Optimizer> optimizer) : loss_(std::move(loss)), optimizer_(std::move(optimizer)) {}
    double step(nn::Sequential& model, const data::Batch& batch, int epoch) override { return descend(model, batch, epoch, loss_, *optimizer_); }
    std::vector<nn::Optimizer*> optimizers() override { return {optimizer_.get()}; }

private:
    BatchLoss loss_;
    std::unique_ptr<nn::Optimizer> optimizer_;
};

class Alternation final : public Procedure {
public:
    Alternation(BatchLoss first, std::unique_ptr<nn::Optimizer> first_optimizer, BatchLoss second, std::unique_ptr<nn::Optimizer> second_optimizer)
        : first_(std::move(first)), second_(std::move(second)), first_optimizer_(std::move(first_optimizer)), second_optimizer_(std::move(second_optimizer)) {}

    double step(nn::Sequential& model, const data::Batch& batch, int epoch) override {
        const double value = descend(model, batch, epoch, first_, *first_optimizer_);
        descend(model, batch, epoch, second_, *second_optimizer_);
        return value;
    }
    std::vector<nn::Optimizer*> optimizers() override { return {first_optimizer_.get(), second_optimizer_.get()}; }

private:
    BatchLoss first_, second_;
    std::unique_ptr<nn::Optimizer> first_optimizer_, second_optimizer_;
};

}  // namespace

double descend(const Tensor& loss, nn::Optimizer& optimizer) {
    const double value = loss.item();
    require<NonFiniteError>(std::isfinite(value), "[train] expected a finite loss, got ", value);
    optimizer.zero_grad();
    backward(loss);
    optimizer.step();
    return value;
}

double descend(nn::Sequential& model, const data::Batch& batch, int epoch, const BatchLoss& loss, nn::Optimizer& optimizer) {
    return descend(loss(model(batch.images), batch.labels, epoch), optimizer);
}

std::unique_ptr<Procedure> make_descent(BatchLoss loss, std::unique_ptr<nn::Optimizer> optimizer) {
    return std::make_unique<Descent>(std::move(loss), std::move(optimizer));
}

std::unique_ptr<Procedure> make_alternation(BatchLoss first, std::unique_ptr<nn::Optimizer> first_optimizer, BatchLoss second,
                                            std::unique_ptr<nn::Optimizer> second_optimizer) {
    return std::make_unique<Alternation>(std::move(first), std::move(first_optimizer), std::move(second), std::move(second_optimizer));
}

}  // namespace knoll::apps
