#include <knoll/nn/counts.h>
#include <knoll/nn/schedule/plateau.h>

#include <algorithm>

namespace knoll::nn {

ReduceLROnPlateau::ReduceLROnPlateau(Optimizer& optimizer, const ReduceLROnPlateauOptions& options)
    : optimizer_(optimizer), options_(options), best_(worst_metric(options.mode)) {
    require<ValueError>(options.factor > 0.0 && options.factor < 1.0, "[ReduceLROnPlateau] expected a factor in (0, 1), got ", options.factor);
    require<ValueError>(options.patience >= 0 && options.cooldown >= 0, "[ReduceLROnPlateau] expected patience and cooldown of 0 or more, got ",
                        options.patience, " and ", options.cooldown);
}

bool ReduceLROnPlateau::improves(double metric) const {
    const bool is_min = options_.mode == MetricMode::min;
    const double margin = is_min ? -options_.threshold : options_.threshold;
    const double bar = options_.threshold_mode == ThresholdMode::relative ? best_ * (1.0 + margin) : best_ + margin;
    return is_min ? metric < bar : metric > bar;
}

void ReduceLROnPlateau::step(double metric) {
    if (improves(metric)) {
        best_ = metric;
        bad_epochs_ = 0;
    } else {
        ++bad_epochs_;
    }
    if (cooldown_left_ > 0) {
        --cooldown_left_;
        bad_epochs_ = 0;
    }
    if (bad_epochs_ > options_.patience) {
        reduce();
        cooldown_left_ = options_.cooldown;
        bad_epochs_ = 0;
    }
}

void ReduceLROnPlateau::reduce() {
    for (std::size_t group = 0; group < optimizer_.num_groups(); ++group) {
        const double before = optimizer_.learning_rate(group);
        const double after = std::max(before * options_.factor, options_.min_learning_rate);
        if (before - after > options_.epsilon) optimizer_.set_learning_rate(group, after);
    }
}

StateDict ReduceLROnPlateau::state_dict() const {
    return {{"best", from_data<double>({}, {&best_, 1})},
            {"bad_epochs", from_data<std::int64_t>({}, {&bad_epochs_, 1})},
            {"cooldown_left", from_data<std::int64_t>({}, {&cooldown_left_, 1})},
            kind_entry("ReduceLROnPlateau")};
}

void ReduceLROnPlateau::load_state_dict(const StateDict& state) {
    require_kind("ReduceLROnPlateau", state);
    const StateDict loaded = state_dict();
    require_counts("ReduceLROnPlateau", state, "bad_epochs");
    require_counts("ReduceLROnPlateau", state, "cooldown_left");
    copy_state("ReduceLROnPlateau", loaded, state);
    best_ = loaded[0].second.item();
    bad_epochs_ = loaded[1].second.at<std::int64_t>();
    cooldown_left_ = loaded[2].second.at<std::int64_t>();
}

}  // namespace knoll::nn
