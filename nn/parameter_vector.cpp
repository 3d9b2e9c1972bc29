#include <knoll/nn/parameter_vector.h>

#include <knoll/core/autograd.h>
#include <knoll/core/ops/shape.h>

namespace knoll::nn {

namespace {

void check_total(const char* function, std::int64_t total, const Tensor& vector) {
    require<ShapeError>(vector.shape() == Shape{total}, "[", function, "] expected a vector [", total, "], one element for each of the parameters, got ",
                        vector.shape());
}

}  // namespace

Tensor flatten_parameters(const std::vector<Tensor>& parameters) {
    require<ValueError>(!parameters.empty(), "[flatten_parameters] expected parameters, got none");
    std::vector<Tensor> parts;
    parts.reserve(parameters.size());
    for (const Tensor& parameter : parameters) parts.push_back(reshape(parameter, {parameter.numel()}));
    return concat(parts);
}

std::vector<Tensor> unflatten_like(const std::vector<Tensor>& parameters, const Tensor& vector) {
    std::int64_t total = 0;
    for (const Tensor& parameter : parameters) total += parameter.numel();
    check_total("unflatten_like", total, vector);
    std::vector<Tensor> parts;
    std::int64_t begin = 0;
    for (const Tensor& parameter : parameters) {
        parts.push_back(reshape(slice(vector, 0, begin, begin + parameter.numel()), parameter.shape()));
        begin += parameter.numel();
    }
    return parts;
}

StateDict unflatten_like(const StateDict& named_parameters, const Tensor& vector) {
    std::vector<Tensor> parameters;
    parameters.reserve(named_parameters.size());
    for (const auto& entry : named_parameters) parameters.push_back(entry.second);
    const std::vector<Tensor> parts = unflatten_like(parameters, vector);
    StateDict named;
    for (std::size_t i = 0; i < parts.size(); ++i) named.emplace_back(named_parameters[i].first, parts[i]);
    return named;
}

void assign_parameters(const std::vector<Tensor>& parameters, const Tensor& vector) {
    const NoGrad no_grad;
    const std::vector<Tensor> parts = unflatten_like(parameters, vector);
    for (std::size_t i = 0; i < parameters.size(); ++i) Tensor(parameters[i]).copy_(parts[i]);
}

}  // namespace knoll::nn
