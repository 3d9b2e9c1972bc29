// Vectors for symbols.
#pragma once

#include <knoll/nn/module.h>

namespace knoll::nn {

/// Rows of weight [count, features] at indices (i64) of any shape: shape x.shape + [features]. initialize(): normal(0, 1).
class Embedding final : public Module {
public:
    Embedding(std::int64_t count, std::int64_t features);
    Tensor forward(const Tensor& x) override;

    Tensor weight;

private:
    void describe(Fields& fields) override;
    void reset_parameters(Rng& rng) override;
};

}  // namespace knoll::nn
