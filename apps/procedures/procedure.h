// How one run learns: what a batch does to the model, and what the run must remember beside the weights.
#pragma once

#include <knoll/apps/report/gallery.h>
#include <knoll/data/loader/batch.h>
#include <knoll/nn/optim/optimizer.h>
#include <knoll/nn/sequential.h>

#include <memory>
#include <vector>

namespace knoll::apps {

/// A checkpoint keeps the optimisers' states and state_dict(): for most procedures nothing; elsewhere a memory, estimated labels, a
/// second network, what has been bought.
class Procedure : public nn::Stateful {
public:
    /// Called before the batches of an epoch are asked for; not where a run goes on in the middle of one.
    virtual void begin_epoch(nn::Sequential& model, int epoch);
    /// Updates the model, which is in training mode; returns the loss before the update.
    virtual double step(nn::Sequential& model, const data::Batch& batch, int epoch) = 0;
    /// In a fixed order.
    virtual std::vector<nn::Optimizer*> optimizers() = 0;
    /// What the report shows of the finished run: labels corrected, examples bought.
    virtual std::vector<Gallery> galleries(nn::Sequential& model);

    nn::StateDict state_dict() const override { return {}; }
    /// Throws ValueError unless the state is one of this procedure.
    void load_state_dict(const nn::StateDict& state) override { nn::copy_state("procedure", state_dict(), state); }
};

}  // namespace knoll::apps
