#include <knoll/apps/training/divergence.h>

#include <knoll/core/node.h>
#include <knoll/core/text.h>

#include <algorithm>
#include <cmath>

namespace knoll::apps {

namespace {

bool all_finite(const Tensor& tensor) {
    const auto are_finite = [](auto values) { return std::all_of(values.begin(), values.end(), [](auto value) { return std::isfinite(value); }); };
    if (tensor.dtype() == DType::f32) return are_finite(tensor.data<float>());
    return tensor.dtype() != DType::f64 || are_finite(tensor.data<double>());
}

// The op that made it: known of what is recorded.
std::string op_of(const Tensor& tensor) { return tensor.impl()->node ? tensor.impl()->node->op : "an op that was not recorded"; }

}  // namespace

std::optional<std::string> first_weights_not_finite(const nn::Module& model) {
    for (const auto& [name, tensor] : model.state_dict())
        if (!all_finite(tensor)) return name;
    return std::nullopt;
}

std::string first_not_finite(nn::Sequential& model, const Tensor& images) {
    if (!all_finite(images)) return "the images";
    if (const auto name = first_weights_not_finite(model)) return "the weights " + *name;
    Tensor y = images;
    for (std::size_t layer = 0; layer < model.size(); ++layer) {
        y = model[layer](y);
        if (!all_finite(y)) return text("layer ", layer, ", op ", op_of(y));
    }
    return "the loss";
}

}  // namespace knoll::apps
