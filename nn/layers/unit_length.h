// Embeddings on the unit sphere.
#pragma once

#include <knoll/core/ops/distance.h>
#include <knoll/nn/module.h>

namespace knoll::nn {

/// Divides each vector along the last dimension by its length; products of two are then cosines.
class UnitLength final : public Module {
public:
    Tensor forward(const Tensor& x) override { return normalize(x); }
};

}  // namespace knoll::nn
