#include <knoll/core/error.h>
#include <knoll/losses/loss.h>

namespace knoll::losses {

std::string to_string(TargetKind kind) {
    switch (kind) {
        case TargetKind::binary:
            return "binary";
        case TargetKind::real:
            return "real";
        case TargetKind::class_index:
            return "class index";
        case TargetKind::distribution:
            return "distribution";
        case TargetKind::same_class:
            break;
    }
    return "same class";
}

Loss::Loss(std::string name, TargetKind target_kind, Reduction reduction) : name_(std::move(name)), target_kind_(target_kind), reduction_(reduction) {}

Tensor Loss::operator()(const Tensor& logits, const Tensor& targets, const LossContext& context) const {
    require<ValueError>(logits.defined() && targets.defined(), "[", name_, "] expected logits and targets, got an undefined tensor");
    require<ValueError>(context.epoch >= 0, "[", name_, "] expected an epoch counted from 0, got ", context.epoch);
    require<ValueError>(context.epochs >= 0, "[", name_, "] expected a number of epochs of at least 0, got ", context.epochs);
    return evaluate(logits, targets, context);
}

}  // namespace knoll::losses
