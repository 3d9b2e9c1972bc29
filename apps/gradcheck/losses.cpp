#include <knoll/apps/gradcheck/record.h>
#include <knoll/core/ops/ops.h>
#include <knoll/losses/registry.h>

namespace knoll::apps {

namespace {

Tensor targets_for(losses::TargetKind kind, const Shape& shape) {
    switch (kind) {
        case losses::TargetKind::binary:
            return (normal_input(shape, 2) > 0.0).to(DType::f64);
        case losses::TargetKind::real:
            return normal_input(shape, 2);
        case losses::TargetKind::class_index:
            return index_input({shape[0]}, shape[1], 2);
        case losses::TargetKind::distribution:
            break;
    }
    return softmax(normal_input(shape, 2), -1);
}

void add_loss(RecordList& list, const std::string& name, const std::string& variant, const std::string& specification, int epoch) {
    const std::shared_ptr<const losses::Loss> loss = losses::make(specification, Reduction::none);
    const Shape shape{3, 5};
    const Tensor targets = targets_for(loss->target_kind(), shape);
    list.add(name, variant, {1.5 * normal_input(shape)}, [=](const auto& in) { return (*loss)(in[0], targets, {.epoch = epoch}); });
}

}  // namespace

std::vector<CheckRecord> loss_records() {
    RecordList list{"loss"};
    for (const losses::LossInfo& loss : losses::registry()) add_loss(list, loss.name, "", loss.name, 0);
    add_loss(list, "splc", "with correction", "splc", 1);
    add_loss(list, "cross_entropy", "smoothing 0.1", "cross_entropy:smoothing=0.1", 0);
    add_loss(list, "cce", "gamma 2", "cce:gamma=2", 0);
    return list.take();
}

}  // namespace knoll::apps
