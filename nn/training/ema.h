// Averages of a model's weights over training, which often generalise better than the last ones.
#pragma once

#include <knoll/nn/module.h>

namespace knoll::nn {

struct EMAOptions {
    double decay = 0.999;
    bool warm_up = false;  ///< at first decay less, min(decay, (1 + n) / (10 + n)) at update n, so that the start is forgotten sooner
};

/// The exponential moving average of all floating parameters and buffers (Polyak and Juditsky 1992, with exponential weights);
/// integers are copied. It begins as a copy of the model, which must be initialised, and keeps handles on its tensors.
class EMA {
public:
    explicit EMA(const Module& model, const EMAOptions& options = {});

    /// average = decay * average + (1 - decay) * model. Call after every optimiser step. Throws ValueError between two swaps.
    void update();
    std::int64_t updates() const { return updates_; }
    /// Writes the averages into a model of the same names and shapes.
    void copy_to(Module& model) const;
    /// Exchanges the averages with the model's own weights: once before an evaluation, and once after it.
    void swap();

    /// The averages under "weights.", their number of updates, and the kind.
    StateDict state_dict() const;
    /// Throws ValueError, and changes nothing, unless the state is that of the same model's average.
    void load_state_dict(const StateDict& state);

private:
    EMAOptions options_;
    StateDict model_;
    StateDict average_;
    std::int64_t updates_ = 0;
    bool swapped_ = false;
};

}  // namespace knoll::nn
