// One training run: epochs, learning rates, averaged weights, log, checkpoints. What is learned is the task's business.
//
// Everything random depends on (seed, epoch, index), and the learning rate on the number of the step, so a run goes on to the bit
// from the weights, the optimisers' state and two integers.
#pragma once

#include <knoll/apps/terminal/console.h>
#include <knoll/apps/terminal/progress.h>
#include <knoll/apps/terminal/signals.h>
#include <knoll/apps/training/checkpoint.h>
#include <knoll/apps/training/run_folder.h>
#include <knoll/apps/training/task.h>

#include <optional>

namespace knoll::apps {

struct TrainerSettings {
    std::uint64_t seed = 1;
    bool resume = false;         ///< from the folder's checkpoint, if it has one
    int checkpoint_every = 200;  ///< batches within an epoch
    bool quiet = false;
    bool narrate = false;  ///< a line per epoch
    std::string label;     ///< of the progress bar
    std::string way_on;    ///< the command that goes on with what was broken off; empty if nothing is kept
};

/// The end of a run whose loss or weights are no longer finite.
class Diverged : public Error {
public:
    using Error::Error;
};

class Trainer {
public:
    Trainer(const Task& task, Method method, const Hyperparameters& hyperparameters, TrainerSettings settings, RunFolder folder, const Console& console);

    /// Trains to the end; judges the averaged weights if there are any, the last ones otherwise. Throws Interrupted, once a
    /// checkpoint is written, on a signal; Diverged as soon as the loss or a weight is not finite, and keeps the last good checkpoint.
    RunResult run(const SignalWatch& signals);

    /// After run(): with the weights that were judged.
    const nn::Sequential& model() const { return model_; }

private:
    void train_epoch(const SignalWatch& signals, Progress& progress);
    void train_batch(const data::Batch& batch);
    double checked_step(const data::Batch& batch);
    void require_finite_weights() const;
    std::string last_good() const;
    void finish_epoch();
    Evaluation evaluate(const EvaluationRequest& request);
    RunResult make_result();
    nn::Sequential first_model() const;
    std::int64_t steps() const;
    double learning_rate(std::int64_t step) const;
    void spend();
    RunParts parts();
    void save();
    void load();
    [[noreturn]] void interrupt(int signal);

    const Task& task_;
    Method method_;
    Hyperparameters hyperparameters_;
    TrainerSettings settings_;
    RunFolder folder_;
    const Console& console_;

    nn::Sequential model_;
    Learning learning_;
    std::int64_t batches_per_epoch_;
    std::optional<nn::EMA> average_;
    nn::RateCurve curve_;
    RunState state_;
    std::chrono::steady_clock::time_point spent_until_;
};

/// The settings on which a run's numbers depend, by name: what a resumed run must agree in.
NamedTexts run_settings(const Task& task, const Method& method, const Hyperparameters& hyperparameters, std::uint64_t seed);

}  // namespace knoll::apps
