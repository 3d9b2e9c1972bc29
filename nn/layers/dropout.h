// Dropout.
#pragma once

#include <knoll/nn/module.h>

namespace knoll::nn {

/// In training, zeroes elements with the given probability and scales the others by 1 / (1 - probability) (Srivastava et
/// al. 2014); in evaluation the identity. initialize(rng) seeds its generator from rng; a checkpoint keeps where it
/// stands. Training without one is a ValueError.
class Dropout final : public Module {
public:
    explicit Dropout(double probability = 0.5);
    Tensor forward(const Tensor& x) override;

private:
    void describe(Fields& fields) override;
    void reset_parameters(Rng& rng) override;

    double probability_;
    std::optional<Rng> generator_;
};

}  // namespace knoll::nn
