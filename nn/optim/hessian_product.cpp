#include <knoll/nn/optim/hessian_product.h>

namespace knoll::nn {

HessianProduct::HessianProduct(const TensorFunction& f, const Tensor& at) : at_(at.detach().clone().set_requires_grad()) {
    const EnableGrad recording;
    const Tensor value = f(at_);
    require<ShapeError>(value.numel() == 1, "[HessianProduct] expected a scalar function, got a result of shape ", value.shape(), "; sum() it");
    value_ = value.item();
    gradient_ = value.requires_grad() ? grad(value, at_, {.create_graph = true, .allow_unused = true}) : Tensor{};
    if (!gradient_.defined()) gradient_ = zeros_like(at_);
}

Tensor HessianProduct::operator()(const Tensor& v) const {
    require<ShapeError>(v.shape() == at_.shape(), "[HessianProduct] expected a vector of the point's shape ", at_.shape(), ", got ", v.shape());
    if (!gradient_.requires_grad()) return zeros_like(at_);
    const Tensor product = grad(gradient_, at_, {.grad_outputs = {v}, .retain_graph = true, .allow_unused = true});
    return product.defined() ? product : zeros_like(at_);
}

}  // namespace knoll::nn
