// From images to vectors.
#pragma once

#include <knoll/core/ops/shape.h>
#include <knoll/nn/module.h>

namespace knoll::nn {

/// Merges dimensions first .. last into one; by default all but the batch.
class Flatten final : public Module {
public:
    explicit Flatten(std::int64_t first = 1, std::int64_t last = -1) : first_(first), last_(last) {}
    Tensor forward(const Tensor& x) override { return flatten(x, first_, last_); }

private:
    std::int64_t first_;
    std::int64_t last_;
};

}  // namespace knoll::nn
