// Losses, in four files: those of one formula per element, those of a row, those of pairs, and what they refuse.
#pragma once

#include "records/expectations.h"
#include "records/references.h"

#include <knoll/losses/registry.h>

#include <memory>

namespace knoll::records {

using LossPtr = std::shared_ptr<const losses::Loss>;

/// A call of a loss on logits and targets.
TensorsFunction call_of(const LossPtr& loss, int epoch = 0);
/// Logits and, where they are integers, targets: the inputs of a record.
Inputs loss_inputs(losses::TargetKind kind, const Shape& shape);

void expect_elementwise_losses(Expectations& book);
void expect_row_losses(Expectations& book);
void expect_metric_losses(Expectations& book);
void refuse_losses(Expectations& book);

}  // namespace knoll::records
