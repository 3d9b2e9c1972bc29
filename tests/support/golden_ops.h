// The recorded op cases of golden/ops_pytorch.json: options, inputs, output, and gradients under a given upstream.
#pragma once

#include "support/close.h"

#include <knoll/core/autograd.h>
#include <knoll/core/ops/size2.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace knoll {

struct GoldenOp {
    nlohmann::json options;
    std::vector<Tensor> inputs;  ///< f64, i64 for those named index or indices
    Tensor output;
    Tensor upstream;
    std::vector<Tensor> grads;  ///< one per input; undefined where the op gives it none
    nlohmann::json extra_outputs;
    std::string note;
};

/// A {"shape", "values"} object as a tensor.
Tensor golden_tensor(const nlohmann::json& json, DType dtype = DType::f64);

/// A pair of numbers as a height and a width.
Size2 golden_size(const nlohmann::json& pair);

/// All cases of an op, by the name that torch.nn.functional gives it.
std::vector<GoldenOp> golden_ops(const std::string& name);

/// Runs a function on a case's inputs and compares its output and gradients with what is recorded.
void check_golden(const GoldenOp& golden, const TensorsFunction& function, double rtol = 1e-10, double atol = 1e-12);

}  // namespace knoll
