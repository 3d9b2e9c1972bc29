// What the subcommands share that evaluate a loss on arrays from files.
#pragma once

#include <knoll/apps/options.h>
#include <knoll/losses/loss.h>

#include <memory>
#include <string>

namespace knoll::apps {

/// name:a=1 with further parameters b=2 and c=3, joined to name:a=1,b=2,c=3.
std::string specification(const LossCall& call);
std::unique_ptr<losses::Loss> make_loss(const LossCall& call);

Tensor load_floating(const std::string& path, DType dtype);
/// Targets of single-label losses are integers, whatever type the file has; of others numbers of the logits' type.
Tensor load_targets(const LossCall& call, losses::TargetKind kind, DType dtype);

}  // namespace knoll::apps
