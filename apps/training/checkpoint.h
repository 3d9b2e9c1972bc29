// A run on disk: weights, optimisers, averages and where it stands, in one safetensors file.
#pragma once

#include <knoll/apps/report/results.h>
#include <knoll/nn/optim/optimizer.h>
#include <knoll/nn/sequential.h>
#include <knoll/nn/training/ema.h>

#include <string>
#include <vector>

namespace knoll::apps {

/// Where a run stands, apart from weights.
struct RunState {
    std::int64_t epoch = 0;  ///< under way
    std::int64_t batch = 0;  ///< next one in it
    double loss_sum = 0;     ///< over the examples of this epoch so far
    std::int64_t loss_examples = 0;
    double seconds = 0;  ///< spent in all
    std::vector<EpochRecord> records = {};
};

/// Everything that a checkpoint holds; the average may be missing.
struct RunParts {
    nn::Sequential& model;
    std::vector<nn::Optimizer*> optimizers;
    nn::Stateful* more;  ///< what else the run must remember; may be missing
    nn::EMA* average;
    RunState& state;
};

/// Replaces the file. Throws FileError.
void save_run(const std::string& path, const RunParts& parts);
/// Throws FileError on a file that is no checkpoint, ValueError on one of another model or optimiser.
void load_run(const std::string& path, const RunParts& parts);

}  // namespace knoll::apps
