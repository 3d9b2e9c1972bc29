// What gradcheck differences: a function from f64 tensors to f64 tensors, and its gradient, which is such a function again.
#pragma once

#include <knoll/core/autograd.h>

#include <functional>
#include <string>
#include <vector>

namespace knoll::gradcheck_detail {

using Tensors = std::vector<Tensor>;
using Numbers = std::vector<double>;

struct Function {
    /// create_graph: whether the outputs shall be differentiable.
    std::function<Tensors(const Tensors& inputs, bool create_graph)> call;
    std::vector<std::string> input_names;
};

/// All elements of all tensors in a row.
Numbers flat(const Tensors& tensors);
/// The reverse of flat().
Tensors unflat(const Numbers& values, const std::vector<Shape>& shapes);
std::vector<Shape> shapes_of(const Tensors& tensors);
/// Copies that require gradients.
Tensors as_leaves(Tensors tensors);

/// The gradients of the sum of all <output, upstream>; zeros where no output depends on an input.
Tensors gradients(const Tensors& outputs, const Tensors& inputs, const Tensors& upstreams, bool create_graph);
/// (inputs, one upstream gradient per output) -> the gradients of the inputs.
Function gradient_of(const Function& f, std::size_t outputs);

}  // namespace knoll::gradcheck_detail
