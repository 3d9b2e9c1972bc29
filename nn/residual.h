// A connection around some modules.
#pragma once

#include <knoll/nn/sequential.h>

namespace knoll::nn {

/// shortcut(x) + body(x) (He et al. 2016). An empty shortcut is the identity. Both are named as here in state_dict().
class Residual final : public Module {
public:
    explicit Residual(Sequential body, Sequential shortcut = {});
    Tensor forward(const Tensor& x) override;

    Sequential body;
    Sequential shortcut;

private:
    void describe(Fields& fields) override;
};

}  // namespace knoll::nn
