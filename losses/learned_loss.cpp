#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/index.h>
#include <knoll/core/ops/matmul.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/losses/learned_loss.h>
#include <knoll/losses/row_loss.h>

namespace knoll::losses {

namespace {

constexpr std::int64_t parameters_per_unit = 4;

void check_parameters_of_network(const Tensor& parameters) {
    require<DTypeError>(is_floating(parameters.dtype()), "[learned_loss] expected parameters of f32 or f64, got ", parameters.dtype());
    require<ShapeError>(parameters.rank() == 1 && parameters.numel() > 0 && parameters.numel() % parameters_per_unit == 0,
                        "[learned_loss] expected a vector of 4 parameters for each of 1 or more hidden units, got shape ", parameters.shape());
}

}  // namespace

Tensor learned_loss_term(const Tensor& parameters, const Tensor& target, const Tensor& probability) {
    check_parameters_of_network(parameters);
    require<ShapeError>(target.shape() == probability.shape(), "[learned_loss] expected targets and probabilities of one shape, got ", target.shape(), " and ",
                        probability.shape());
    const std::int64_t units = parameters.numel() / parameters_per_unit;
    const std::vector<Tensor> parts = split(parameters, std::vector<std::int64_t>{2 * units, units, units});
    const Tensor inputs = stack({flatten(target), flatten(probability)}, 1);
    const Tensor hidden = tanh(linear(inputs, reshape(parts[0], {units, 2}), parts[1]));
    return reshape(matmul(hidden, parts[2]), probability.shape());
}

LearnedLoss::LearnedLoss(Tensor parameters, Reduction reduction)
    : Loss("learned_loss", TargetKind::class_index, reduction), parameters_(std::move(parameters)) {
    require<ValueError>(parameters_.defined(), "[learned_loss] expected parameters, got an undefined tensor");
    check_parameters_of_network(parameters_);
}

Tensor LearnedLoss::evaluate(const Tensor& logits, const Tensor& targets, const LossContext&) const {
    check_rows(name(), logits);
    const Tensor target = one_hot(checked_classes(name(), logits, targets), logits.size(1), logits.dtype());
    Tensor losses = sum(learned_loss_term(parameters_.to(logits.dtype()), target, softmax(logits, {1})), {1});
    check_value(name(), logits, losses);
    if (reduction() == Reduction::none) return losses;
    return reduction() == Reduction::sum ? sum(losses) : mean(losses);
}

}  // namespace knoll::losses
