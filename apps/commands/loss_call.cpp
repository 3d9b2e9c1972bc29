#include <knoll/apps/commands/loss_call.h>

#include <knoll/core/files/npy.h>
#include <knoll/losses/registry.h>

namespace knoll::apps {

namespace {

Reduction parse_reduction(const std::string& name) {
    if (name == "none") return Reduction::none;
    return name == "mean" ? Reduction::mean : Reduction::sum;
}

}  // namespace

std::string specification(const LossCall& call) {
    std::string joined = call.loss;
    for (const std::string& parameter : call.parameters) {
        require<ValueError>(parameter.find('=') != std::string::npos, "[loss] expected key=value behind the name, got ", parameter);
        joined += (joined.find(':') == std::string::npos ? ":" : ",") + parameter;
    }
    return joined;
}

std::unique_ptr<losses::Loss> make_loss(const LossCall& call) { return losses::make(specification(call), parse_reduction(call.reduction)); }

Tensor load_floating(const std::string& path, DType dtype) { return load_npy(path).to(dtype); }

Tensor load_targets(const LossCall& call, losses::TargetKind kind, DType dtype) {
    const Tensor targets = load_npy(call.targets);
    if (kind != losses::TargetKind::class_index && kind != losses::TargetKind::same_class) return targets.to(dtype);
    require<DTypeError>(!is_floating(targets.dtype()), "[loss] expected integer classes in ", call.targets, ", got ", targets.dtype(),
                        "; convert with astype(int) first");
    return targets.to(DType::i64);
}

}  // namespace knoll::apps
