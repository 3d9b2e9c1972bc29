// Smaller steps where a metric stops improving.
#pragma once

#include <knoll/nn/schedule/metric_mode.h>
#include <knoll/nn/schedule/schedule.h>

namespace knoll::nn {

enum class ThresholdMode { relative, absolute };

struct ReduceLROnPlateauOptions {
    MetricMode mode = MetricMode::min;
    double factor = 0.1;
    std::int64_t patience = 10;  ///< so many epochs without improvement are borne
    double threshold = 1e-4;     ///< what counts as improvement
    ThresholdMode threshold_mode = ThresholdMode::relative;
    std::int64_t cooldown = 0;  ///< epochs after a reduction that do not count
    double min_learning_rate = 0.0;
    double epsilon = 1e-8;  ///< a smaller change of the rate is not made
};

/// Multiplies the learning rates by factor after more than `patience` epochs without improvement. As PyTorch's; a metric that is
/// NaN is no improvement. The optimiser must outlive it.
class ReduceLROnPlateau final : public Schedule {
public:
    explicit ReduceLROnPlateau(Optimizer& optimizer, const ReduceLROnPlateauOptions& options = {});
    void step(double metric);

    StateDict state_dict() const override;
    void load_state_dict(const StateDict& state) override;

private:
    bool improves(double metric) const;
    void reduce();

    Optimizer& optimizer_;
    ReduceLROnPlateauOptions options_;
    double best_;
    std::int64_t bad_epochs_ = 0;
    std::int64_t cooldown_left_ = 0;
};

}  // namespace knoll::nn
