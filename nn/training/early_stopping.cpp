#include <knoll/nn/counts.h>
#include <knoll/nn/training/early_stopping.h>

namespace knoll::nn {

EarlyStopping::EarlyStopping(const EarlyStoppingOptions& options) : options_(options), best_(worst_metric(options.mode)) {
    require<ValueError>(options.patience >= 1, "[EarlyStopping] expected a patience of 1 or more, got ", options.patience);
    require<ValueError>(options.minimum_delta >= 0.0, "[EarlyStopping] expected a minimum_delta of 0 or more, got ", options.minimum_delta);
}

bool EarlyStopping::update(double metric) {
    const bool is_better = options_.mode == MetricMode::min ? metric < best_ - options_.minimum_delta : metric > best_ + options_.minimum_delta;
    if (is_better) best_ = metric;
    bad_epochs_ = is_better ? 0 : bad_epochs_ + 1;
    return is_better;
}

StateDict EarlyStopping::state_dict() const {
    return {{"best", from_data<double>({}, {&best_, 1})}, {"bad_epochs", from_data<std::int64_t>({}, {&bad_epochs_, 1})}, kind_entry("EarlyStopping")};
}

void EarlyStopping::load_state_dict(const StateDict& state) {
    require_kind("EarlyStopping", state);
    const StateDict loaded = state_dict();
    require_counts("EarlyStopping", state, "bad_epochs");
    copy_state("EarlyStopping", loaded, state);
    best_ = loaded[0].second.item();
    bad_epochs_ = loaded[1].second.at<std::int64_t>();
}

}  // namespace knoll::nn
