// Checkpoints: all that training needs to go on as if it had never stopped, to the bit, in one safetensors file.
#pragma once

#include <knoll/nn/module.h>
#include <knoll/nn/optim/optimizer.h>
#include <knoll/nn/schedule/schedule.h>
#include <knoll/nn/training/early_stopping.h>
#include <knoll/nn/training/ema.h>

#include <map>

namespace knoll::nn {

/// What takes part in training. The model's random generators (Dropout) belong to it.
struct TrainingState {
    Module& model;
    Optimizer* optimizer = nullptr;
    Schedule* schedule = nullptr;
    EMA* average = nullptr;
    EarlyStopping* early_stopping = nullptr;
    std::vector<Optimizer*> more_optimizers = {};  ///< beside the first, where a step is more than one update
    Stateful* more = nullptr;                      ///< whatever else training must remember
};

/// How far training has come.
struct TrainingProgress {
    std::int64_t epoch = 0;
    std::int64_t batch = 0;  ///< batches done in this epoch
    double best_metric = 0.0;
    std::map<std::string, std::string> notes = {};  ///< whatever else is worth keeping
};

/// Replaces the file whole or not at all. Throws FileError if it cannot.
void save_checkpoint(const std::string& path, const TrainingState& state, const TrainingProgress& progress);

/// Puts everything back. Throws FileError on a file that is damaged, no checkpoint or one of another version of the format (3 now; none is
/// converted); ValueError if it is of another model or
/// another kind of optimiser, or has parts that state has not, or lacks some; after that make the parts anew.
TrainingProgress load_checkpoint(const std::string& path, const TrainingState& state);

}  // namespace knoll::nn
