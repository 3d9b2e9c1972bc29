// The fully connected layer.
#pragma once

#include <knoll/nn/module.h>

namespace knoll::nn {

struct LinearOptions {
    bool bias = true;
};

/// x [.., in] times weight [out, in] transposed, plus bias [out]. initialize(): Kaiming normal, bias 0.
class Linear final : public Module {
public:
    Linear(std::int64_t in_features, std::int64_t out_features, const LinearOptions& options = {});
    Tensor forward(const Tensor& x) override;

    Tensor weight;
    Tensor bias;  ///< undefined without bias

private:
    void describe(Fields& fields) override;
    void reset_parameters(Rng& rng) override;
};

}  // namespace knoll::nn
