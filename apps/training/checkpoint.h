// A run on disk: weights, optimisers, averages and where it stands, in one safetensors file.
#pragma once

#include <knoll/apps/training/trainer.h>

namespace knoll::apps {

/// Everything that a checkpoint holds; the average may be missing.
struct RunParts {
    nn::Sequential& model;
    std::vector<nn::Optimizer*> optimizers;
    nn::EMA* average;
    RunState& state;
};

/// Replaces the file. Throws FileError.
void save_run(const std::string& path, const RunParts& parts);
/// Throws FileError on a file that is no checkpoint, ValueError on one of another model or optimiser.
void load_run(const std::string& path, const RunParts& parts);

}  // namespace knoll::apps
