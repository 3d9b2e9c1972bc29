// The standard workloads of `knoll bench`, and others like them.
#pragma once

#include <knoll/core/shape.h>
#include <knoll/nn/sequential.h>

#include <functional>
#include <string>
#include <vector>

namespace knoll::apps {

struct Workload {
    std::string name;
    std::int64_t batch = 0;
    Shape shape;            ///< of the input, batch included; of the logits for a loss
    double operations = 0;  ///< multiplications and additions of matrix products in one step; 0: not counted
    /// Sets up everything and returns the step to be timed.
    std::function<std::function<void()>()> prepare;
};

/// mlp, lenet5 (batch 1 and 64), cnn, resnet20.
std::vector<Workload> network_workloads();
/// loss:NAME in two sizes, for every registered loss.
std::vector<Workload> loss_workloads();

Workload lenet5_workload(std::int64_t batch);
Workload cnn_workload(std::int64_t batch);
/// Value and gradient of a registered loss.
Workload loss_workload(const std::string& name, const Shape& logits);
/// Forward, backward and SGD with momentum on images of this shape, for a network that gives ten logits.
std::function<void()> training_step(nn::Sequential net, const Shape& images);

}  // namespace knoll::apps
