#include "records/losses.h"

namespace knoll::records {

TensorsFunction call_of(const LossPtr& loss, int epoch) {
    return [=](const std::vector<Tensor>& in) { return (*loss)(in[0], in[1], {.epoch = epoch}); };
}

Inputs loss_inputs(losses::TargetKind kind, const Shape& shape) {
    Inputs inputs{apps::normal_input(shape, 6)};
    const Tensor targets = apps::sample_targets(kind, shape);
    if (!is_floating(targets.dtype())) inputs.push_back(targets);
    return inputs;
}

void expect_losses(Expectations& book) {
    expect_elementwise_losses(book);
    expect_row_losses(book);
    expect_metric_losses(book);
    refuse_losses(book);
}

}  // namespace knoll::records
