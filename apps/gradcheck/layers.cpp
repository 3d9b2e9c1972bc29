#include <knoll/apps/gradcheck/record.h>
#include <knoll/nn/layers/layers.h>
#include <knoll/nn/residual.h>

#include <memory>

namespace knoll::apps {

namespace {

// Checks a module by its input (unless that is an index) and all its parameters, which a functional call puts in.
template <class Layer>
void add_layer(RecordList& list, const char* name, const char* variant, Layer layer, const Tensor& x) {
    const auto module = std::make_shared<Layer>(std::move(layer));
    Rng rng{11};
    module->initialize(rng);
    module->to(DType::f64);
    std::vector<Tensor> inputs;
    std::vector<std::string> names;
    const bool x_is_input = is_floating(x.dtype());
    if (x_is_input) inputs.push_back(x);
    for (const auto& [parameter_name, parameter] : module->named_parameters()) {
        names.push_back(parameter_name);
        inputs.push_back(parameter.detach().clone());
    }
    list.add(name, variant, inputs, [=](const std::vector<Tensor>& in) {
        nn::StateDict parameters;
        for (std::size_t i = 0; i < names.size(); ++i) parameters.emplace_back(names[i], in[i + (x_is_input ? 1 : 0)]);
        return nn::functional_call(*module, parameters, x_is_input ? in[0] : x);
    });
}

void add_activations(RecordList& list) {
    const Tensor x = nonzero_input({2, 3});
    add_layer(list, "ReLU", "", nn::ReLU{}, x);
    add_layer(list, "LeakyReLU", "", nn::LeakyReLU{0.1}, x);
    add_layer(list, "GELU", "", nn::GELU{}, x);
    add_layer(list, "SiLU", "", nn::SiLU{}, x);
    add_layer(list, "ELU", "", nn::ELU{}, x);
    add_layer(list, "Tanh", "", nn::Tanh{}, x);
    add_layer(list, "Sigmoid", "", nn::Sigmoid{}, x);
    add_layer(list, "Softplus", "", nn::Softplus{}, x);
}

}  // namespace

std::vector<CheckRecord> layer_records() {
    RecordList list{"layer"};
    const Tensor image = distinct_input({2, 2, 4, 4});
    add_activations(list);
    add_layer(list, "Linear", "", nn::Linear{3, 4}, normal_input({2, 3}));
    add_layer(list, "Conv2d", "", nn::Conv2d{2, 3, {.kernel = 3, .padding = 1}}, image);
    add_layer(list, "Conv2d", "depthwise, no bias", nn::Conv2d{2, 2, {.kernel = 3, .groups = 2, .bias = false}}, image);
    add_layer(list, "ConvTranspose2d", "", nn::ConvTranspose2d{2, 1, {.kernel = 2, .stride = 2}}, normal_input({1, 2, 3, 3}));
    add_layer(list, "BatchNorm1d", "", nn::BatchNorm1d{3}, normal_input({4, 3}));
    add_layer(list, "BatchNorm2d", "", nn::BatchNorm2d{2}, normal_input({2, 2, 2, 3}));
    add_layer(list, "LayerNorm", "", nn::LayerNorm{3}, normal_input({4, 3}));
    add_layer(list, "GroupNorm", "", nn::GroupNorm{2, 4}, normal_input({2, 4, 3}));
    // Dropout moves its generator on with every call, so only evaluation gives the same value twice; training is checked as the op.
    nn::Dropout dropout{0.5};
    dropout.eval();
    add_layer(list, "Dropout", "evaluation (training: see the op)", std::move(dropout), normal_input({2, 3}));
    add_layer(list, "Embedding", "", nn::Embedding{4, 3}, index_input({2, 2}, 4));
    add_layer(list, "Flatten", "", nn::Flatten{}, image);
    add_layer(list, "MaxPool2d", "", nn::MaxPool2d{2}, image);
    add_layer(list, "AvgPool2d", "", nn::AvgPool2d{2}, image);
    add_layer(list, "AdaptiveAvgPool2d", "", nn::AdaptiveAvgPool2d{3}, image);
    add_layer(list, "Sequential", "", nn::Sequential{nn::Linear{3, 4}, nn::Tanh{}, nn::Linear{4, 2}}, normal_input({2, 3}));
    add_layer(list, "Residual", "identity", nn::Residual{nn::Sequential{nn::Linear{3, 3}, nn::Tanh{}}}, normal_input({2, 3}));
    add_layer(list, "Residual", "with a shortcut", nn::Residual{nn::Sequential{nn::Linear{3, 2}, nn::Tanh{}}, nn::Sequential{nn::Linear{3, 2}}},
              normal_input({2, 3}));
    return list.take();
}

}  // namespace knoll::apps
