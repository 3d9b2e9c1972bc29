#include <knoll/core/gradcheck/function.h>

namespace knoll::gradcheck_detail {

Numbers flat(const Tensors& tensors) {
    Numbers all;
    for (const Tensor& tensor : tensors) {
        const Numbers values = tensor.to_vector();
        all.insert(all.end(), values.begin(), values.end());
    }
    return all;
}

Tensors unflat(const Numbers& values, const std::vector<Shape>& shapes) {
    Tensors tensors;
    std::size_t begin = 0;
    for (const Shape& shape : shapes) {
        const auto count = static_cast<std::size_t>(shape.numel());
        tensors.push_back(tensor(std::span(values).subspan(begin, count), shape, DType::f64));
        begin += count;
    }
    return tensors;
}

std::vector<Shape> shapes_of(const Tensors& tensors) {
    std::vector<Shape> shapes;
    for (const Tensor& tensor : tensors) shapes.push_back(tensor.shape());
    return shapes;
}

Tensors as_leaves(Tensors tensors) {
    for (Tensor& tensor : tensors) tensor = tensor.detach().clone().set_requires_grad();
    return tensors;
}

Tensors gradients(const Tensors& outputs, const Tensors& inputs, const Tensors& upstreams, bool create_graph) {
    Tensors connected;
    GradOptions options{.create_graph = create_graph, .retain_graph = true, .allow_unused = true};
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        if (!outputs[i].requires_grad()) continue;
        connected.push_back(outputs[i]);
        options.grad_outputs.push_back(upstreams[i]);
    }
    Tensors found = connected.empty() ? Tensors(inputs.size()) : grad(connected, inputs, options);
    for (std::size_t i = 0; i < inputs.size(); ++i)
        if (!found[i].defined()) found[i] = zeros_like(inputs[i]);
    return found;
}

Function gradient_of(const Function& f, std::size_t outputs) {
    Function gradient;
    const std::size_t inputs = f.input_names.size();
    gradient.call = [f = f.call, inputs](const Tensors& all, bool create_graph) {
        const auto upstreams = all.begin() + static_cast<std::ptrdiff_t>(inputs);
        const Tensors x(all.begin(), upstreams);
        return gradients(f(x, true), x, Tensors(upstreams, all.end()), create_graph);
    };
    gradient.input_names = f.input_names;
    for (std::size_t i = 0; i < outputs; ++i) gradient.input_names.push_back(text("upstream ", inputs + i));
    return gradient;
}

}  // namespace knoll::gradcheck_detail
