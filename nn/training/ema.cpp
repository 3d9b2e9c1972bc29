#include <knoll/nn/counts.h>
#include <knoll/nn/training/ema.h>

#include <knoll/core/kernels/map.h>

#include <algorithm>

namespace knoll::nn {

namespace {

void blend(Tensor& average, const Tensor& value, double decay) {
    visit_floating("EMA", average.dtype(), [&](auto zero) {
        using T = decltype(zero);
        T* const mean = average.mutable_data<T>().data();
        const T* const now = value.data<T>().data();
        const auto keep = static_cast<T>(decay);
        const auto take = static_cast<T>(1.0 - decay);
        parallel_for(average.numel(), kernels::map_grain, [=](std::int64_t begin, std::int64_t end) {
            kernels::run_vectorized([=] {
                for (std::int64_t i = begin; i < end; ++i) mean[i] = keep * mean[i] + take * now[i];
            });
        });
    });
}

}  // namespace

EMA::EMA(const Module& model, const EMAOptions& options) : options_(options), model_(model.named_parameters()) {
    require<ValueError>(options.decay >= 0.0 && options.decay <= 1.0, "[EMA] expected a decay in [0, 1], got ", options.decay);
    for (const auto& entry : model_) require_initialized("EMA", entry.second);
    for (const auto& buffer : model.named_buffers()) model_.push_back(buffer);
    for (const auto& [name, tensor] : model_) average_.emplace_back(name, tensor.detach().clone());
}

void EMA::update() {
    require<ValueError>(!swapped_, "[EMA] expected the model's own weights, got its averages; call swap() again before training on");
    const NoGrad no_grad;
    const auto n = static_cast<double>(updates_++);
    const double decay = options_.warm_up ? std::min(options_.decay, (1.0 + n) / (10.0 + n)) : options_.decay;
    for (std::size_t i = 0; i < model_.size(); ++i) {
        if (is_floating(average_[i].second.dtype()))
            blend(average_[i].second, model_[i].second, decay);
        else
            average_[i].second.copy_(model_[i].second);
    }
}

void EMA::copy_to(Module& model) const { model.load_state_dict(average_); }

void EMA::swap() {
    const NoGrad no_grad;
    for (std::size_t i = 0; i < model_.size(); ++i) {
        const Tensor kept = model_[i].second.detach().clone();
        model_[i].second.copy_(average_[i].second);
        average_[i].second.copy_(kept);
    }
    swapped_ = !swapped_;
}

StateDict EMA::state_dict() const {
    require<ValueError>(!swapped_, "[EMA] expected the model's own weights, got its averages; call swap() again before saving");
    StateDict state;
    append_with_prefix(state, "weights", average_);
    state.push_back(kind_entry("EMA"));
    state.emplace_back("updates", from_data<std::int64_t>({}, {&updates_, 1}));
    return state;
}

void EMA::load_state_dict(const StateDict& state) {
    require_kind("EMA", state);
    const StateDict target = state_dict();
    require_counts("EMA", state, "updates");
    copy_state("EMA", target, state);
    updates_ = target.back().second.at<std::int64_t>();
}

}  // namespace knoll::nn
