#include <knoll/nn/counts.h>
#include <knoll/nn/schedule/schedule.h>

namespace knoll::nn {

LRScheduler::LRScheduler(Optimizer& optimizer, RateCurve curve) : optimizer_(optimizer), curve_(std::move(curve)) {
    require<ValueError>(static_cast<bool>(curve_), "[LRScheduler] expected a curve, got none");
    for (std::size_t group = 0; group < optimizer.num_groups(); ++group) bases_.push_back(optimizer.learning_rate(group));
    apply();
}

void LRScheduler::step() {
    ++step_;
    apply();
}

void LRScheduler::apply() {
    for (std::size_t group = 0; group < bases_.size(); ++group) optimizer_.set_learning_rate(group, curve_(bases_[group], step_));
}

StateDict LRScheduler::state_dict() const {
    return {{"bases", from_data<double>({static_cast<std::int64_t>(bases_.size())}, bases_)},
            {"step", from_data<std::int64_t>({}, {&step_, 1})},
            kind_entry("LRScheduler")};
}

void LRScheduler::load_state_dict(const StateDict& state) {
    require_kind("LRScheduler", state);
    const StateDict loaded = state_dict();
    require_counts("LRScheduler", state, "step");
    copy_state("LRScheduler", loaded, state);
    const auto bases = loaded[0].second.data<double>();
    bases_.assign(bases.begin(), bases.end());
    step_ = loaded[1].second.at<std::int64_t>();
    apply();
}

}  // namespace knoll::nn
