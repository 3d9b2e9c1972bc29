#include <knoll/apps/procedures/cosine_branches.h>

#include <knoll/core/autograd.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/distance.h>
#include <knoll/core/ops/matmul.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/nn/init.h>

namespace knoll::apps {

namespace {

constexpr double cosine_temperature = 16;
constexpr double weight_softening = 1.0 / 32;
constexpr double running_decay = 0.9;
constexpr double tail_share = 2;

Tensor row_lengths(const Tensor& rows) { return vector_norm(rows, -1, true); }

// A row without a direction stays as it is.
Tensor row_directions(const Tensor& rows) {
    const Tensor length = row_lengths(rows);
    return rows / where(length > 0.0, length, 1.0);
}

Tensor cosine_logits(const Tensor& direction, const Tensor& weight) {
    return cosine_temperature * linear(direction, weight / (row_lengths(weight) + weight_softening));
}

}  // namespace

CosineBranches::CosineBranches(std::int64_t features, std::int64_t classes)
    : head(nn::uninitialized_parameter({classes, features})),
      tail(nn::uninitialized_parameter({classes, features})),
      balanced(nn::uninitialized_parameter({classes, features})),
      running(zeros({features})) {}

Tensor CosineBranches::forward(const Tensor& x) {
    nn::require_initialized("CosineBranches", balanced);
    const Tensor direction = row_directions(x);
    if (!training()) return cosine_logits(direction, balanced);
    {
        const NoGrad statistics;
        running.copy_(running_decay * running + mean(x.detach(), {0}));
    }
    const Tensor common = row_directions(running);
    const Tensor along = sum(direction * common, {-1}, true) * common;
    return concat({cosine_logits(direction, head), cosine_logits(direction, tail), cosine_logits(direction, balanced), cosine_logits(direction - along, head),
                   cosine_logits(direction + tail_share * along, tail)},
                  1);
}

void CosineBranches::describe(nn::Fields& fields) {
    fields.parameter("head", head);
    fields.parameter("tail", tail);
    fields.parameter("balanced", balanced);
    fields.buffer("running", running);
}

void CosineBranches::reset_parameters(Rng& rng) {
    for (Tensor* weight : {&head, &tail, &balanced}) nn::init::kaiming_normal_(*weight, rng);
    running.fill_(0.0);
}

Tensor branch_logits(const Tensor& outputs, Branch branch) {
    const std::int64_t classes = outputs.size(1) / CosineBranches::outputs, first = static_cast<std::int64_t>(branch) * classes;
    return slice(outputs, 1, first, first + classes);
}

}  // namespace knoll::apps
