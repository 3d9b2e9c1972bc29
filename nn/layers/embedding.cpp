#include <knoll/nn/layers/embedding.h>

#include <knoll/core/ops/index.h>
#include <knoll/nn/init.h>

namespace knoll::nn {

Embedding::Embedding(std::int64_t count, std::int64_t features) {
    require<ValueError>(count >= 1 && features >= 1, "[Embedding] expected 1 or more symbols and features, got ", count, " and ", features);
    weight = uninitialized_parameter({count, features});
}

Tensor Embedding::forward(const Tensor& x) {
    require_initialized("Embedding", weight);
    return embedding(weight, x);
}

void Embedding::describe(Fields& fields) { fields.parameter("weight", weight); }

void Embedding::reset_parameters(Rng& rng) { init::normal_(weight, 0.0, 1.0, rng); }

}  // namespace knoll::nn
