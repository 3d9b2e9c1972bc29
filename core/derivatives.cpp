// Derivatives along directions and whole Jacobians, all from the one reverse pass. Each function works on a leaf of its
// own, unless the result is to be differentiable by the caller's x.
#include <knoll/core/autograd.h>
#include <knoll/core/ops/shape.h>

namespace knoll {

namespace {

Tensor starting_point(const Tensor& x, bool create_graph) {
    if (create_graph && x.requires_grad()) return x;
    return x.detach().set_requires_grad();
}

void require_direction(const char* op, const Tensor& direction, const Tensor& x) {
    require<ShapeError>(direction.shape() == x.shape(), "[", op, "] expected a direction of x's shape ", x.shape(), ", got ", direction.shape());
}

// The gradient of <output, upstream>; zeros where output does not depend on input.
Tensor gradient_or_zero(const Tensor& output, const Tensor& input, const Tensor& upstream, bool create_graph) {
    if (!output.requires_grad()) return zeros_like(input);
    const Tensor found = grad(output, input, {.grad_outputs = {upstream}, .create_graph = create_graph, .retain_graph = true, .allow_unused = true});
    return found.defined() ? found : zeros_like(input);
}

Tensor unit_like(const Tensor& other, std::int64_t element) {
    std::vector<double> values(static_cast<std::size_t>(other.numel()), 0.0);
    values[static_cast<std::size_t>(element)] = 1.0;
    return tensor(values, other.shape(), other.dtype());
}

}  // namespace

Tensor jvp(const TensorFunction& f, const Tensor& x, const Tensor& tangent, const DerivativeOptions& options) {
    require_direction("jvp", tangent, x);
    const EnableGrad recording;
    const Tensor at = starting_point(x, options.create_graph);
    const Tensor y = f(at);
    const Tensor cotangent = zeros_like(y).set_requires_grad();
    const Tensor product = gradient_or_zero(y, at, cotangent, true);  // linear in the cotangent
    return gradient_or_zero(product, cotangent, tangent, options.create_graph);
}

Tensor hvp(const TensorFunction& f, const Tensor& x, const Tensor& vector, const DerivativeOptions& options) {
    require_direction("hvp", vector, x);
    const EnableGrad recording;
    const Tensor at = starting_point(x, options.create_graph);
    const Tensor y = f(at);
    require<ShapeError>(y.numel() == 1, "[hvp] expected a scalar function, got a result of shape ", y.shape(), "; sum() it");
    return gradient_or_zero(gradient_or_zero(y, at, ones_like(y), true), at, vector, options.create_graph);
}

Tensor jacobian(const TensorFunction& f, const Tensor& x, const DerivativeOptions& options) {
    const EnableGrad recording;
    const Tensor at = starting_point(x, options.create_graph);
    const Tensor y = f(at);
    Shape shape = y.shape();
    for (const std::int64_t extent : x.shape()) shape.push_back(extent);
    if (y.numel() == 0) return zeros(shape, x.dtype());
    std::vector<Tensor> rows;
    for (std::int64_t i = 0; i < y.numel(); ++i) rows.push_back(gradient_or_zero(y, at, unit_like(y, i), options.create_graph));
    return reshape(stack(rows), shape);
}

}  // namespace knoll
