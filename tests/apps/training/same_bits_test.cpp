// A whole training run, where nn, losses and data meet, does not depend on how many threads do the work.
#include "support/small_run.h"
#include "support/threads.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;

namespace {

std::vector<Tensor> tensors_of(const NamedTensors& named) {
    std::vector<Tensor> tensors;
    for (const auto& [name, tensor] : named) tensors.push_back(tensor);
    return tensors;
}

}  // namespace

TEST_CASE("a training run ends with the same bits at 1, 2, 3 and 8 threads, whether batches are made ahead or not") {
    const RunOptimizer kind = GENERATE(RunOptimizer::sgd, RunOptimizer::adam);
    check_same_bits([&] {
        std::vector<Tensor> results = tensors_of(small_run(kind));
        for (const Tensor& tensor : tensors_of(small_run(kind, false))) results.push_back(tensor);
        return results;
    });
    const std::vector<Tensor> ahead = tensors_of(small_run(kind)), in_step = tensors_of(small_run(kind, false));
    for (std::size_t i = 0; i < ahead.size(); ++i) CHECK(ahead[i].to_vector() == in_step[i].to_vector());
}

TEST_CASE("the training run that is compared learns something") {
    const NamedTensors results = small_run(RunOptimizer::adam);
    CHECK(find_tensor(results, "loss of batch 9").item() < 0.9 * find_tensor(results, "loss of batch 0").item());
}
