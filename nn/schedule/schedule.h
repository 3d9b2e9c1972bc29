// What sets an optimiser's learning rates as training goes on.
#pragma once

#include <knoll/nn/optim/optimizer.h>
#include <knoll/nn/schedule/curves.h>

namespace knoll::nn {

class Schedule {
public:
    virtual ~Schedule() = default;
    /// A few numbers, from which training resumes to the bit.
    virtual StateDict state_dict() const = 0;
    /// Throws ValueError if the state is of another kind.
    virtual void load_state_dict(const StateDict& state) = 0;
};

/// Follows a curve. The rates that the optimiser's groups have at construction are their bases; step 0 is set at once.
///
///     nn::LRScheduler schedule{optimizer, nn::CosineAnnealingLR{.t_max = epochs}};
///
/// Call step() after the optimiser's steps: per batch or per epoch, as the curve counts. The optimiser must outlive it.
class LRScheduler final : public Schedule {
public:
    LRScheduler(Optimizer& optimizer, RateCurve curve);
    void step();
    std::int64_t steps_taken() const { return step_; }

    StateDict state_dict() const override;
    void load_state_dict(const StateDict& state) override;

private:
    void apply();

    Optimizer& optimizer_;
    RateCurve curve_;
    std::vector<double> bases_;
    std::int64_t step_ = 0;
};

}  // namespace knoll::nn
