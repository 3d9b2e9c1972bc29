#include <knoll/nn/layers/linear.h>

#include <knoll/core/ops/matmul.h>
#include <knoll/nn/init.h>

namespace knoll::nn {

Linear::Linear(std::int64_t in_features, std::int64_t out_features, const LinearOptions& options) {
    require<ValueError>(in_features >= 1 && out_features >= 1, "[Linear] expected 1 or more features, got ", in_features, " in and ", out_features, " out");
    weight = uninitialized_parameter({out_features, in_features});
    if (options.bias) bias = uninitialized_parameter({out_features});
}

Tensor Linear::forward(const Tensor& x) {
    require_initialized("Linear", weight);
    return linear(x, weight, bias);
}

void Linear::describe(Fields& fields) {
    fields.parameter("weight", weight);
    fields.parameter("bias", bias);
}

void Linear::reset_parameters(Rng& rng) {
    init::kaiming_normal_(weight, rng);
    if (bias.defined()) bias.fill_(0.0);
}

}  // namespace knoll::nn
