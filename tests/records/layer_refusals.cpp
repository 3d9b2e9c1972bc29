#include "records/layers.h"

#include <knoll/core/ops/ops.h>
#include <knoll/nn/layers/layers.h>
#include <knoll/nn/residual.h>

namespace knoll::records {

namespace {

template <class Layer>
Layer initialized(Layer layer) {
    Rng rng{1};
    layer.initialize(rng);
    return layer;
}

// A forward pass that fails in the layer or in the op behind it.
template <class Layer>
void refuse_input(Expectations& book, const std::string& name, const Layer& layer, const Tensor& x, const std::string& words) {
    book.refuse(
        name, [=] { nn::clone(layer)(x); }, words);
}

// What has parameters has to be given some first.
template <class Layer>
void refuse_uninitialized(Expectations& book, const std::string& name, const Layer& layer, const Tensor& x) {
    refuse_input(
        book, name, layer, x,
        "[" + name + "] expected initialized parameters, got a layer that was never given any; call initialize(rng) on the model, or load its weights");
}

void refuse_activations(Expectations& book) {
    const Tensor integers = zeros({2, 3}, DType::i64);
    refuse_input(book, "ReLU", nn::ReLU{}, integers, "[relu] expected f32 or f64, got i64");
    refuse_input(book, "LeakyReLU", nn::LeakyReLU{}, integers, "[leaky_relu] expected f32 or f64, got i64");
    refuse_input(book, "GELU", nn::GELU{}, integers, "[gelu] expected f32 or f64, got i64");
    refuse_input(book, "GELU", nn::GELU{GeluForm::tanh}, integers, "[gelu] expected f32 or f64, got i64");
    refuse_input(book, "SiLU", nn::SiLU{}, integers, "[silu] expected f32 or f64, got i64");
    refuse_input(book, "ELU", nn::ELU{}, integers, "[elu] expected f32 or f64, got i64");
    refuse_input(book, "Tanh", nn::Tanh{}, integers, "[tanh] expected f32 or f64, got i64");
    refuse_input(book, "Sigmoid", nn::Sigmoid{}, integers, "[sigmoid] expected f32 or f64, got i64");
    refuse_input(book, "Softplus", nn::Softplus{}, integers, "[softplus] expected f32 or f64, got i64");
}

void refuse_linear_layers(Expectations& book) {
    refuse_uninitialized(book, "Linear", nn::Linear{3, 4}, zeros({2, 3}));
    refuse_input(book, "Linear", initialized(nn::Linear{3, 4}), zeros({2, 5}), "[linear] expected x of shape [.., 3] for a weight of shape [4, 3], got [2, 5]");
    refuse_input(book, "Linear", initialized(nn::Linear{3, 4}), zeros({2, 3}, DType::f64), "[linear] expected operands of one type, got f64 and f32");
    book.refuse(
        "Linear", [] { nn::Linear(0, 4); }, "[Linear] expected 1 or more features, got 0 in and 4 out");

    refuse_uninitialized(book, "Conv2d", nn::Conv2d{2, 3}, zeros({1, 2, 4, 4}));
    refuse_input(book, "Conv2d", initialized(nn::Conv2d{2, 3}), zeros({1, 5, 4, 4}),
                 "[conv2d] expected a weight of shape [O, 5, KH, KW] for x [1, 5, 4, 4] and 1 group, got [3, 2, 3, 3]");
    book.refuse(
        "Conv2d", [] { nn::Conv2d(2, 0); }, "[Conv2d] expected 1 or more channels, got 2 in and 0 out");
    book.refuse(
        "Conv2d", [] { nn::Conv2d(4, 6, {.groups = 4}); }, "[Conv2d] expected groups that divide 4 and 6 channels, got 4");
    book.refuse(
        "Conv2d",
        [] {
            nn::Conv2d(2, 2, {.kernel = {3, 0}});
        },
        "[Conv2d] expected a kernel of 1x1 or more, got 3x0");

    refuse_uninitialized(book, "ConvTranspose2d", nn::ConvTranspose2d{2, 3}, zeros({1, 2, 4, 4}));
    refuse_input(book, "ConvTranspose2d", initialized(nn::ConvTranspose2d{2, 3}), zeros({1, 5, 4, 4}),
                 "[conv_transpose2d] expected a weight of shape [5, O/groups, KH, KW] for x [1, 5, 4, 4], got [2, 3, 3, 3]");
    book.refuse(
        "ConvTranspose2d", [] { nn::ConvTranspose2d(-1, 3); }, "[ConvTranspose2d] expected 1 or more channels, got -1 in and 3 out");
    book.refuse(
        "ConvTranspose2d", [] { nn::ConvTranspose2d(4, 3, {.groups = 2}); }, "[ConvTranspose2d] expected groups that divide 4 and 3 channels, got 2");
    book.refuse(
        "ConvTranspose2d", [] { nn::ConvTranspose2d(2, 2, {.kernel = 0}); }, "[ConvTranspose2d] expected a kernel of 1x1 or more, got 0x0");

    const Tensor index = zeros({2}, DType::i64);
    refuse_uninitialized(book, "Embedding", nn::Embedding{4, 3}, index);
    refuse_input(book, "Embedding", initialized(nn::Embedding{4, 3}), zeros({2}),
                 "[embedding] expected indices of type i64, got f32; convert with .to(DType::i64)");
    refuse_input(book, "Embedding", initialized(nn::Embedding{4, 3}), full({2}, 4, DType::i64),
                 "[embedding] expected indices from 0 to 3, got 4 at position [0]");
    book.refuse(
        "Embedding", [] { nn::Embedding(4, 0); }, "[Embedding] expected 1 or more symbols and features, got 4 and 0");
}

void refuse_normalizations(Expectations& book) {
    refuse_uninitialized(book, "BatchNorm1d", nn::BatchNorm1d{3}, zeros({4, 3}));
    refuse_input(book, "BatchNorm1d", initialized(nn::BatchNorm1d{3}), zeros({4, 2}), "[BatchNorm1d] expected shape [N, 3] or [N, 3, L], got [4, 2]");
    refuse_input(book, "BatchNorm1d", initialized(nn::BatchNorm1d{3}), zeros({4, 3, 2, 2}),
                 "[BatchNorm1d] expected shape [N, 3] or [N, 3, L], got [4, 3, 2, 2]");
    refuse_input(book, "BatchNorm1d", initialized(nn::BatchNorm1d{3}), zeros({1, 3}), "more than one value per channel where training is on, got x [1, 3]");
    book.refuse(
        "BatchNorm1d", [] { nn::BatchNorm1d{0}; }, "[BatchNorm1d] expected 1 or more channels, got 0");
    refuse_uninitialized(book, "BatchNorm2d", nn::BatchNorm2d{2}, zeros({4, 2, 3, 3}));
    refuse_input(book, "BatchNorm2d", initialized(nn::BatchNorm2d{2}), zeros({4, 2}), "[BatchNorm2d] expected shape [N, 2, H, W], got [4, 2]");
    book.refuse(
        "BatchNorm2d", [] { nn::BatchNorm2d{-1}; }, "[BatchNorm2d] expected 1 or more channels, got -1");

    refuse_uninitialized(book, "LayerNorm", nn::LayerNorm{3}, zeros({4, 3}));
    refuse_input(book, "LayerNorm", initialized(nn::LayerNorm{3}), zeros({3, 4}), "[layer_norm] expected x whose last dimensions are [3], got [3, 4]");
    book.refuse(
        "LayerNorm", [] { nn::LayerNorm{Shape{}}; }, "[LayerNorm] expected one or more dimensions to normalise, got []");
    book.refuse(
        "LayerNorm",
        [] {
            nn::LayerNorm{{3, 0}};
        },
        "[LayerNorm] expected one or more dimensions to normalise, got [3, 0]");
    refuse_uninitialized(book, "GroupNorm", nn::GroupNorm{2, 4}, zeros({2, 4, 3}));
    refuse_input(book, "GroupNorm", initialized(nn::GroupNorm{2, 4}), zeros({4}), "[GroupNorm] expected shape [N, 4, ...], got [4]");
    refuse_input(book, "GroupNorm", initialized(nn::GroupNorm{2, 4}), zeros({2, 6}), "[GroupNorm] expected shape [N, 4, ...], got [2, 6]");
    book.refuse(
        "GroupNorm", [] { nn::GroupNorm(3, 4); }, "[GroupNorm] expected groups that divide 4 channels, got 3");

    refuse_input(book, "Dropout", nn::Dropout{0.5}, zeros({2}),
                 "[Dropout] expected a random generator in training mode, got none; call initialize(rng) on the model, or eval()");
    book.refuse(
        "Dropout", [] { nn::Dropout{1.0}; }, "[Dropout] expected a probability in [0, 1), got 1");
}

void refuse_image_layers(Expectations& book) {
    const Tensor no_image = zeros({2, 4, 4});
    refuse_input(book, "UnitLength", nn::UnitLength{}, scalar(1), "[normalize] expected vectors, got shape []");
    refuse_input(book, "Flatten", nn::Flatten{2, 1}, zeros({2, 3, 4}), "[flatten] expected a first dimension up to the last, got 2 and 1");
    refuse_input(book, "Flatten", nn::Flatten{}, zeros({3}), "[flatten] expected a dimension from -1 to 0 for a tensor of rank 1, got 1");
    refuse_input(book, "MaxPool2d", nn::MaxPool2d{2}, no_image, "[max_pool2d] expected x of shape [N, C, H, W], got [2, 4, 4]");
    refuse_input(book, "MaxPool2d", nn::MaxPool2d{2, {.padding = 2}}, zeros({1, 2, 4, 4}),
                 "[max_pool2d] expected a padding of at least 0 and at most half the kernel");
    refuse_input(book, "AvgPool2d", nn::AvgPool2d{2}, no_image, "[avg_pool2d] expected x of shape [N, C, H, W], got [2, 4, 4]");
    refuse_input(book, "AvgPool2d", nn::AvgPool2d{2, {.stride = 0}}, zeros({1, 2, 4, 4}), "[avg_pool2d] expected a stride of at least 1, got (0, 0)");
    refuse_input(book, "AdaptiveAvgPool2d", nn::AdaptiveAvgPool2d{3}, no_image, "[adaptive_avg_pool2d] expected x of shape [N, C, H, W], got [2, 4, 4]");
    refuse_input(book, "AdaptiveAvgPool2d", nn::AdaptiveAvgPool2d{0}, zeros({1, 2, 4, 4}),
                 "[adaptive_avg_pool2d] expected a result of at least 1 x 1, got (0, 0)");
}

void refuse_containers(Expectations& book) {
    const auto append = [](const char* name) {
        return [name] {
            nn::Sequential net{nn::Tanh{}, nn::Tanh{}};
            net.append(name, nn::Tanh{});
        };
    };
    book.refuse("Sequential", append("a.b"), "[Sequential] expected a name without dots, got \"a.b\"");
    book.refuse("Sequential", append(""), "[Sequential] expected a name of one character or more, got \"\"");
    book.refuse("Sequential", append("1"), "[Sequential] expected a new name, got \"1\" again");
    book.refuse(
        "Sequential",
        [] {
            nn::Sequential({nn::Tanh{}, nn::Tanh{}})[2];
        },
        "[Sequential] expected a position below 2, got 2");
    book.refuse(
        "Sequential", [] { nn::Sequential(nn::Tanh{}, nn::Tanh{}).get<nn::Linear>(1); },
        "[Sequential] expected a module of the type asked for at position 1, got another");
    refuse_input(book, "Sequential", nn::Sequential{nn::Linear{3, 4}, nn::Tanh{}}, zeros({2, 3}), "[Linear] expected initialized parameters");
    refuse_input(book, "Residual", initialized(nn::Residual{nn::Sequential{nn::Linear{3, 4}, nn::Tanh{}}}), zeros({2, 3}),
                 "[Residual] expected a body that keeps the shape [2, 3], got [2, 4]; give a shortcut that changes it likewise");
}

}  // namespace

void refuse_layers(Expectations& book) {
    refuse_activations(book);
    refuse_linear_layers(book);
    refuse_normalizations(book);
    refuse_image_layers(book);
    refuse_containers(book);
}

}  // namespace knoll::records
