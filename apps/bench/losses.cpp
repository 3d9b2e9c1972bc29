#include <knoll/apps/bench/workload.h>
#include <knoll/core/autograd.h>
#include <knoll/core/ops/ops.h>
#include <knoll/losses/registry.h>

#include <memory>

namespace knoll::apps {

namespace {

Tensor targets_for(losses::TargetKind kind, const Shape& shape, Rng& rng) {
    if (kind == losses::TargetKind::class_index) return choice(shape[1], shape[0], true, rng);
    if (kind == losses::TargetKind::binary) return bernoulli(shape, 0.05, rng);
    if (kind == losses::TargetKind::real) return randn(shape, rng);
    return softmax(randn(shape, rng), -1);
}

Workload loss_workload(const losses::LossInfo& info, const Shape& shape) {
    return {.name = "loss:" + info.name, .batch = shape[0], .shape = shape, .operations = 0, .prepare = [name = info.name, kind = info.targets, shape] {
                Rng rng{1};
                const std::shared_ptr<const losses::Loss> loss = losses::make(name);
                Tensor logits = randn(shape, rng).set_requires_grad();
                const Tensor targets = targets_for(kind, shape, rng);
                return [loss, logits, targets]() mutable {
                    logits.zero_grad();
                    backward((*loss)(logits, targets, {.epoch = 1}));
                };
            }};
}

bool is_per_row(losses::TargetKind kind) { return kind == losses::TargetKind::class_index || kind == losses::TargetKind::distribution; }

}  // namespace

std::vector<Workload> loss_workloads() {
    std::vector<Workload> workloads;
    for (const losses::LossInfo& info : losses::registry())
        for (const Shape& shape : is_per_row(info.targets) ? std::vector<Shape>{{128, 10}, {4096, 1000}} : std::vector<Shape>{{128, 80}, {1024, 1000}})
            workloads.push_back(loss_workload(info, shape));
    return workloads;
}

}  // namespace knoll::apps
