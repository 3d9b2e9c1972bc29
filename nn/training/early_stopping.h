// When to stop.
#pragma once

#include <knoll/nn/schedule/metric_mode.h>
#include <knoll/nn/state_dict.h>

namespace knoll::nn {

struct EarlyStoppingOptions {
    MetricMode mode = MetricMode::min;
    std::int64_t patience = 5;   ///< stop after so many epochs in a row without improvement
    double minimum_delta = 0.0;  ///< a smaller gain is no improvement
};

/// Watches a metric of a held-out set. One that is NaN is no improvement.
class EarlyStopping {
public:
    explicit EarlyStopping(const EarlyStoppingOptions& options = {});

    /// Takes one epoch's metric; true if it is the best so far (the time to keep the weights).
    bool update(double metric);
    bool should_stop() const { return bad_epochs_ >= options_.patience; }
    /// The best metric so far; infinite before the first.
    double best() const { return best_; }

    StateDict state_dict() const;
    void load_state_dict(const StateDict& state);

private:
    EarlyStoppingOptions options_;
    double best_;
    std::int64_t bad_epochs_ = 0;
};

}  // namespace knoll::nn
