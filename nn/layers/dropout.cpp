#include <knoll/nn/layers/dropout.h>

#include <knoll/core/ops/random.h>

namespace knoll::nn {

Dropout::Dropout(double probability) : probability_(probability) {
    require<ValueError>(probability >= 0.0 && probability < 1.0, "[Dropout] expected a probability in [0, 1), got ", probability);
}

Tensor Dropout::forward(const Tensor& x) {
    if (!training()) return x;
    require<ValueError>(generator_.has_value(),
                        "[Dropout] expected a random generator in training mode, got none; call initialize(rng) on the model, or eval()");
    return dropout(x, probability_, *generator_);
}

void Dropout::describe(Fields& fields) { fields.generator("generator", generator_); }

void Dropout::reset_parameters(Rng& rng) { generator_ = Rng(rng.next()); }

}  // namespace knoll::nn
