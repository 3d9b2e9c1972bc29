// Two small networks, one for the upper half of an image and one for the lower.
#pragma once

#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/nn/layers/layers.h>
#include <knoll/nn/sequential.h>

namespace knoll::apps {

/// Images [N, C, H, W] to embeddings [N, 2, length]: of the upper half and of the lower. Smooth, so that second derivatives say much. An
/// embedding x is divided by sqrt(1 + |x|^2), not by |x|: then its length would be free, a penalty on the weights would shrink the last
/// layer for nothing, and the loss would have no minimum.
class TwoTowers final : public nn::Module {
public:
    /// pixels: of one half, all channels.
    TwoTowers(std::int64_t pixels, std::int64_t hidden, std::int64_t length) : upper_(tower(pixels, hidden, length)), lower_(tower(pixels, hidden, length)) {}

    Tensor forward(const Tensor& x) override {
        const std::int64_t middle = x.size(2) / 2;
        const Tensor both = stack({upper_(slice(x, 2, 0, middle)), lower_(slice(x, 2, x.size(2) - middle, x.size(2)))}, 1);
        return both / sqrt(1.0 + sum(square(both), -1, true));
    }

private:
    void describe(nn::Fields& fields) override {
        fields.child("upper", upper_);
        fields.child("lower", lower_);
    }

    static nn::Sequential tower(std::int64_t pixels, std::int64_t hidden, std::int64_t length) {
        return {nn::Flatten{}, nn::Linear{pixels, hidden}, nn::Tanh{}, nn::Linear{hidden, length}};
    }

    nn::Sequential upper_;
    nn::Sequential lower_;
};

}  // namespace knoll::apps
