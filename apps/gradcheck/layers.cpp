#include <knoll/apps/gradcheck/record.h>
#include <knoll/core/ops/ops.h>
#include <knoll/nn/layers/layers.h>
#include <knoll/nn/residual.h>

#include <memory>

namespace knoll::apps {

namespace {

template <class Layer>
using Settle = void (*)(Layer& layer);

template <class Layer>
void leave_alone(Layer&) {}

// Checks a module by its input and all its parameters, which a functional call puts in. Every call is made on a copy, so that none
// sees where another left random generators and running statistics.
template <class Layer>
void add_layer(RecordList& list, const char* name, const char* variant, Layer layer, const Tensor& x, Settle<Layer> settle = leave_alone<Layer>) {
    Rng rng{11};
    layer.initialize(rng);
    const auto in_f32 = std::make_shared<Layer>(nn::clone(layer)), in_f64 = std::make_shared<Layer>(std::move(layer));
    in_f64->to(DType::f64);
    for (const auto& module : {in_f32, in_f64}) settle(*module);
    std::vector<Tensor> inputs{x};
    std::vector<std::string> names;
    for (const auto& [parameter_name, parameter] : in_f64->named_parameters()) {
        names.push_back(parameter_name);
        // Not as initialised: a weight of 1 and a bias of 0 would hide what is wrong with them.
        inputs.push_back(parameter.detach() + 0.3 * normal_input(parameter.shape(), names.size()));
    }
    list.add(name, variant, inputs, [=](const std::vector<Tensor>& in) {
        Layer module = nn::clone(in.back().dtype() == DType::f32 ? *in_f32 : *in_f64);
        nn::StateDict parameters;
        for (std::size_t i = 0; i < names.size(); ++i) parameters.emplace_back(names[i], in[i + 1]);
        return nn::functional_call(module, parameters, in[0]);
    });
}

void evaluate_dropout(nn::Dropout& layer) { layer.eval(); }

void evaluate_batch_norm(nn::BatchNorm2d& layer) {
    layer.eval();
    layer.running_mean.copy_(normal_input(layer.running_mean.shape(), 4));
    layer.running_var.copy_(positive_input(layer.running_var.shape(), 5));
}

void add_activations(RecordList& list) {
    const Tensor x = nonzero_input({2, 3});
    add_layer(list, "ReLU", "", nn::ReLU{}, x);
    add_layer(list, "LeakyReLU", "", nn::LeakyReLU{0.1}, x);
    add_layer(list, "GELU", "", nn::GELU{}, x);
    add_layer(list, "GELU", "tanh", nn::GELU{GeluForm::tanh}, x);
    add_layer(list, "SiLU", "", nn::SiLU{}, x);
    add_layer(list, "ELU", "", nn::ELU{}, x);
    add_layer(list, "Tanh", "", nn::Tanh{}, x);
    add_layer(list, "Sigmoid", "", nn::Sigmoid{}, x);
    add_layer(list, "Softplus", "", nn::Softplus{}, x);
}

void add_linear_layers(RecordList& list) {
    add_layer(list, "Linear", "", nn::Linear{3, 4}, normal_input({2, 3}));
    add_layer(list, "Linear", "no bias", nn::Linear{3, 4, {.bias = false}}, normal_input({2, 3}));
    const Tensor image = distinct_input({2, 2, 4, 4});
    add_layer(list, "Conv2d", "", nn::Conv2d{2, 3, {.kernel = 3, .padding = 1}}, image);
    add_layer(list, "Conv2d", "depthwise, no bias", nn::Conv2d{2, 2, {.kernel = 3, .groups = 2, .bias = false}}, image);
    add_layer(list, "Conv2d", "stride 2, padding 2, dilation 2", nn::Conv2d{2, 1, {.kernel = {3, 2}, .stride = 2, .padding = 2, .dilation = 2}}, image);
    const Tensor small = normal_input({1, 2, 3, 3});
    add_layer(list, "ConvTranspose2d", "", nn::ConvTranspose2d{2, 1, {.kernel = 2, .stride = 2}}, small);
    add_layer(list, "ConvTranspose2d", "groups, padding, output padding, no bias",
              nn::ConvTranspose2d{2, 4, {.kernel = 3, .stride = 2, .padding = 1, .output_padding = 1, .groups = 2, .bias = false}}, small);
    add_layer(list, "Embedding", "", nn::Embedding{4, 3}, index_input({2, 2}, 4));
}

void add_normalizations(RecordList& list) {
    add_layer(list, "BatchNorm1d", "", nn::BatchNorm1d{3}, normal_input({4, 3}));
    add_layer(list, "BatchNorm1d", "not affine", nn::BatchNorm1d{3, {.affine = false}}, normal_input({4, 3, 2}));
    add_layer(list, "BatchNorm2d", "", nn::BatchNorm2d{2}, normal_input({2, 2, 2, 3}));
    add_layer(list, "BatchNorm2d", "evaluation", nn::BatchNorm2d{2}, normal_input({2, 2, 2, 3}), evaluate_batch_norm);
    add_layer(list, "LayerNorm", "", nn::LayerNorm{3}, normal_input({4, 3}));
    add_layer(list, "LayerNorm", "two dimensions, not affine", nn::LayerNorm{{3, 2}, {.affine = false}}, normal_input({2, 3, 2}));
    add_layer(list, "GroupNorm", "", nn::GroupNorm{2, 4}, normal_input({2, 4, 3}));
    add_layer(list, "GroupNorm", "not affine", nn::GroupNorm{2, 4, {.affine = false}}, normal_input({2, 4, 3}));
    add_layer(list, "Dropout", "training", nn::Dropout{0.5}, normal_input({2, 3}));
    add_layer(list, "Dropout", "evaluation", nn::Dropout{0.5}, normal_input({2, 3}), evaluate_dropout);
}

void add_pooling_layers(RecordList& list) {
    const Tensor image = distinct_input({2, 2, 4, 4});
    add_layer(list, "UnitLength", "", nn::UnitLength{}, normal_input({2, 3}));
    add_layer(list, "Flatten", "", nn::Flatten{}, image);
    add_layer(list, "Flatten", "the first two dimensions", nn::Flatten{0, 1}, image);
    add_layer(list, "MaxPool2d", "", nn::MaxPool2d{2}, image);
    add_layer(list, "MaxPool2d", "kernel 3, stride 2, padding 1", nn::MaxPool2d{3, {.stride = 2, .padding = 1}}, image);
    add_layer(list, "AvgPool2d", "", nn::AvgPool2d{2}, image);
    add_layer(list, "AvgPool2d", "kernel 3, stride 2, padding not counted", nn::AvgPool2d{3, {.stride = 2, .padding = 1, .count_padding = false}}, image);
    add_layer(list, "AdaptiveAvgPool2d", "", nn::AdaptiveAvgPool2d{3}, image);
}

void add_containers(RecordList& list) {
    const Tensor x = normal_input({2, 3});
    add_layer(list, "Sequential", "", nn::Sequential{nn::Linear{3, 4}, nn::Tanh{}, nn::Linear{4, 2}}, x);
    // Pairs that are run as one.
    add_layer(list, "Sequential", "batch norm and ReLU", nn::Sequential{nn::BatchNorm1d{3}, nn::ReLU{}}, normal_input({4, 3}));
    add_layer(list, "Sequential", "ReLU and max pooling", nn::Sequential{nn::ReLU{}, nn::MaxPool2d{2}}, distinct_input({2, 2, 4, 4}));
    add_layer(list, "Residual", "identity", nn::Residual{nn::Sequential{nn::Linear{3, 3}, nn::Tanh{}}}, x);
    add_layer(list, "Residual", "with a shortcut", nn::Residual{nn::Sequential{nn::Linear{3, 2}, nn::Tanh{}}, nn::Sequential{nn::Linear{3, 2}}}, x);
}

}  // namespace

std::vector<CheckRecord> layer_records() {
    RecordList list{"layer"};
    add_activations(list);
    add_linear_layers(list);
    add_normalizations(list);
    add_pooling_layers(list);
    add_containers(list);
    return list.take();
}

}  // namespace knoll::apps
