#include <knoll/nn/residual.h>

#include <knoll/core/ops/arithmetic.h>

namespace knoll::nn {

Residual::Residual(Sequential body_modules, Sequential shortcut_modules) : body(std::move(body_modules)), shortcut(std::move(shortcut_modules)) {}

Tensor Residual::forward(const Tensor& x) {
    const Tensor change = body(x);
    const Tensor kept = shortcut(x);
    require<ShapeError>(change.shape() == kept.shape(), "[Residual] expected a body that keeps the shape ", kept.shape(), ", got ", change.shape(),
                        "; give a shortcut that changes it likewise");
    return kept + change;
}

void Residual::describe(Fields& fields) {
    fields.child("body", body);
    fields.child("shortcut", shortcut);
}

}  // namespace knoll::nn
