#include <knoll/apps/bench/workload.h>
#include <knoll/core/autograd.h>
#include <knoll/core/ops/ops.h>
#include <knoll/losses/registry.h>

#include <memory>

namespace knoll::apps {

namespace {

Tensor targets_for(losses::TargetKind kind, const Shape& shape, Rng& rng) {
    if (kind == losses::TargetKind::same_class) return choice(8, shape[0], true, rng);
    if (kind == losses::TargetKind::class_index) return choice(shape[1], shape[0], true, rng);
    if (kind == losses::TargetKind::binary) return bernoulli(shape, 0.05, rng);
    if (kind == losses::TargetKind::real) return randn(shape, rng);
    return softmax(randn(shape, rng), -1);
}

std::vector<Shape> shapes_for(losses::TargetKind kind) {
    if (kind == losses::TargetKind::same_class) return {{64, 32}, {256, 128}};
    const bool per_row = kind == losses::TargetKind::class_index || kind == losses::TargetKind::distribution;
    return per_row ? std::vector<Shape>{{128, 10}, {4096, 1000}} : std::vector<Shape>{{128, 80}, {1024, 1000}};
}

}  // namespace

Workload loss_workload(const std::string& name, const Shape& logits) {
    return {.name = "loss:" + name, .batch = logits[0], .shape = logits, .operations = 0, .prepare = [name, shape = logits] {
                Rng rng{1};
                const std::shared_ptr<const losses::Loss> loss = losses::make(name);
                Tensor x = randn(shape, rng).set_requires_grad();
                const Tensor targets = targets_for(loss->target_kind(), shape, rng);
                return [loss, x, targets]() mutable {
                    x.zero_grad();
                    backward((*loss)(x, targets, {.epoch = 1}));
                };
            }};
}

std::vector<Workload> loss_workloads() {
    std::vector<Workload> workloads;
    for (const losses::LossInfo& info : losses::registry())
        for (const Shape& shape : shapes_for(info.targets)) workloads.push_back(loss_workload(info.name, shape));
    return workloads;
}

}  // namespace knoll::apps
