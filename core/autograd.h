// Automatic differentiation, any order. A gradient is an ordinary tensor; asked to, with a graph of its own.
#pragma once

#include <knoll/core/tensor.h>

#include <functional>
#include <string>
#include <vector>

namespace knoll {

struct BackwardOptions {
    Tensor grad_output = {};    ///< upstream gradient; ones for a scalar
    bool create_graph = false;  ///< record the backward pass, so that gradients can be differentiated
    bool retain_graph = false;  ///< keep what was saved, for another pass (create_graph implies it)
};

/// Adds the gradient of output to grad() of every leaf that it was computed from.
/// Throws AutogradError if output has no graph, or is no scalar and no grad_output is given.
void backward(const Tensor& output, const BackwardOptions& options = {});

struct GradOptions {
    std::vector<Tensor> grad_outputs = {};  ///< one upstream gradient per output; ones for scalars
    bool create_graph = false;
    bool retain_graph = false;
    bool allow_unused = false;  ///< an input that no output depends on gets an undefined gradient instead of an error
};

/// The gradients of the outputs' sum with respect to each input; touches no grad().
std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs, const GradOptions& options = {});
Tensor grad(const Tensor& output, const Tensor& input, const GradOptions& options = {});

/// While one lives, nothing in this thread is recorded.
class NoGrad {
public:
    NoGrad();
    ~NoGrad();
    NoGrad(const NoGrad&) = delete;
    NoGrad& operator=(const NoGrad&) = delete;

private:
    bool before_;
};

/// While one lives, recording is on again, inside a NoGrad too.
class EnableGrad {
public:
    EnableGrad();
    ~EnableGrad();
    EnableGrad(const EnableGrad&) = delete;
    EnableGrad& operator=(const EnableGrad&) = delete;

private:
    bool before_;
};

/// True unless a NoGrad is alive in this thread.
bool grad_enabled();

using TensorFunction = std::function<Tensor(const Tensor&)>;
using TensorsFunction = std::function<Tensor(const std::vector<Tensor>&)>;

/// An op with a hand-written gradient. forward takes the inputs; backward takes the inputs and the upstream gradient, and
/// returns one gradient per input (undefined: none), written in differentiable ops where higher orders are wanted.
Tensor custom_op(const std::string& name, const std::vector<Tensor>& inputs, const std::function<Tensor(const std::vector<Tensor>&)>& forward,
                 const std::function<std::vector<Tensor>(const std::vector<Tensor>&, const Tensor&)>& backward);

struct DerivativeOptions {
    bool create_graph = false;  ///< make the result differentiable, by x too if x requires gradients
};

/// Jacobian times tangent of f at x: the derivative of f along the tangent, in f's output shape. Found by differentiating the
/// vector-Jacobian product by its vector, so every op has it.
Tensor jvp(const TensorFunction& f, const Tensor& x, const Tensor& tangent, const DerivativeOptions& options = {});
/// Hessian times vector for a scalar f.
Tensor hvp(const TensorFunction& f, const Tensor& x, const Tensor& vector, const DerivativeOptions& options = {});
/// All first derivatives: shape f(x).shape + x.shape.
Tensor jacobian(const TensorFunction& f, const Tensor& x, const DerivativeOptions& options = {});

}  // namespace knoll
