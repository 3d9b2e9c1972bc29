#include "records/layers.h"

#include <knoll/core/ops/ops.h>
#include <knoll/nn/layers/layers.h>
#include <knoll/nn/residual.h>

#include <cmath>

namespace knoll::records {

namespace {

Naive squashed(const Naive& x) {
    return mapped(x, [](double value) { return std::tanh(value); });
}

Naive of_unit_length(const Naive& x) {
    return generate(x.shape, [&](const Index& at) {
        double square = 0.0;
        for (std::int64_t k = 0; k < x.shape[1]; ++k) square += x[{at[0], k}] * x[{at[0], k}];
        return x[at] / std::sqrt(square);
    });
}

Naive linear_of(const Naive& x, const Naive& weight, const Naive* bias) {
    const std::int64_t features = weight.shape[1];
    Index shape = x.shape;
    shape.back() = weight.shape[0];
    return generate(shape, [&](Index at) {
        const std::int64_t out = at.back();
        double sum = bias == nullptr ? 0.0 : (*bias)[{out}];
        for (at.back() = 0; at.back() < features; ++at.back()) sum += x[at] * weight[{out, at.back()}];
        return sum;
    });
}

Naive looked_up(const Naive& indices, const Naive& weight) {
    Index shape = indices.shape;
    shape.push_back(weight.shape[1]);
    return generate(shape, [&](const Index& at) {
        const Index place(at.begin(), at.end() - 1);
        return weight[{static_cast<std::int64_t>(indices[place]), at.back()}];
    });
}

Naive reshaped(const Naive& x, const Index& shape) { return {shape, x.values}; }

std::vector<Inputs> with_parameters_of(const Expectation& expectation, const std::vector<Tensor>& more) {
    std::vector<Inputs> further;
    for (const Tensor& x : more) {
        further.push_back(expectation.inputs);
        further.back()[0] = x;
    }
    return further;
}

std::vector<Tensor> normal_inputs(std::initializer_list<Shape> shapes) {
    std::vector<Tensor> inputs;
    for (const Shape& shape : shapes) inputs.push_back(apps::normal_input(shape, 5));
    return inputs;
}

// A layer's value, and further x for the same parameters.
Expectation& expect_layer(Expectations& book, const std::string& layer, const std::string& variant, const std::vector<Tensor>& more, Reference reference) {
    Expectation& expectation = book.value(layer, variant, std::move(reference));
    return expectation.also(with_parameters_of(expectation, more));
}

void expect_activations(Expectations& book) {
    const auto odd = odd_shapes(apps::nonzero_input);
    book.value("ReLU", "", [](const std::vector<Naive>& in) { return rectified(in[0]); }).also(odd).may_vanish = true;
    book.value("LeakyReLU", "", each([](double x) { return x < 0.0 ? 0.1 * x : x; })).also(odd);
    book.value("GELU", "", each(gelu_of)).also(odd);
    book.value("GELU", "tanh", each(gelu_tanh_of)).also(odd);
    book.value("SiLU", "", each(silu_of)).also(odd);
    book.value("ELU", "", each([](double x) { return x < 0.0 ? std::expm1(x) : x; })).also(odd);
    book.value("Tanh", "", each([](double x) { return std::tanh(x); })).also(odd);
    book.value("Sigmoid", "", each(logistic)).also(odd);
    book.value("Softplus", "", each(softplus_of)).also(odd);
}

void expect_linear_layers(Expectations& book) {
    const auto rows = normal_inputs({{3}, {0, 3}, {1, 3}, {37, 3}, {2, 5, 3}});
    expect_layer(book, "Linear", "", rows, [](const std::vector<Naive>& in) { return linear_of(in[0], in[1], &in[2]); });
    expect_layer(book, "Linear", "no bias", rows, [](const std::vector<Naive>& in) { return linear_of(in[0], in[1], nullptr); });

    const auto images = normal_inputs({{0, 2, 4, 4}, {1, 2, 3, 3}, {3, 2, 5, 37}, {1, 2, 17, 7}});
    expect_layer(book, "Conv2d", "", images, [](const std::vector<Naive>& in) { return convolved(in[0], in[1], &in[2], {.padding = 1}); });
    expect_layer(book, "Conv2d", "depthwise, no bias", images, [](const std::vector<Naive>& in) { return convolved(in[0], in[1], nullptr, {.groups = 2}); });
    expect_layer(book, "Conv2d", "stride 2, padding 2, dilation 2", images,
                 [](const std::vector<Naive>& in) { return convolved(in[0], in[1], &in[2], {.stride = 2, .padding = 2, .dilation = 2}); });
    expect_layer(book, "ConvTranspose2d", "", images, [](const std::vector<Naive>& in) { return transposed_convolved(in[0], in[1], &in[2], {.stride = 2}); });
    expect_layer(book, "ConvTranspose2d", "groups, padding, output padding, no bias", images, [](const std::vector<Naive>& in) {
        return transposed_convolved(in[0], in[1], nullptr, {.stride = 2, .padding = 1, .output_padding = 1, .groups = 2});
    });

    const std::vector<Tensor> indices{apps::index_input({}, 4), apps::index_input({0}, 4), apps::index_input({37}, 4), apps::index_input({1, 5, 3}, 4)};
    expect_layer(book, "Embedding", "", indices, [](const std::vector<Naive>& in) { return looked_up(in[0], in[1]); });
}

void expect_normalization_layers(Expectations& book) {
    expect_layer(book, "BatchNorm1d", "", normal_inputs({{37, 3}, {1, 3, 5}, {2, 3, 17}}),
                 [](const std::vector<Naive>& in) { return scaled_by_channel(normalized_by_batch(in[0]), in[1], in[2]); });
    expect_layer(book, "BatchNorm1d", "not affine", normal_inputs({{37, 3}, {1, 3, 5}}),
                 [](const std::vector<Naive>& in) { return normalized_by_batch(in[0]); });
    expect_layer(book, "BatchNorm2d", "", normal_inputs({{1, 2, 1, 3}, {3, 2, 5, 17}}),
                 [](const std::vector<Naive>& in) { return scaled_by_channel(normalized_by_batch(in[0]), in[1], in[2]); });
    expect_layer(book, "BatchNorm2d", "evaluation", normal_inputs({{0, 2, 3, 3}, {1, 2, 1, 1}, {3, 2, 5, 17}}), [](const std::vector<Naive>& in) {
        return scaled_by_channel(normalized_by(in[0], naive(apps::normal_input({2}, 4)), naive(apps::positive_input({2}, 5))), in[1], in[2]);
    });
    expect_layer(book, "LayerNorm", "", normal_inputs({{3}, {0, 3}, {37, 3}, {2, 5, 3}}),
                 [](const std::vector<Naive>& in) { return scaled(normalized_by_layer(in[0], 1), in[1], in[2]); });
    expect_layer(book, "LayerNorm", "two dimensions, not affine", normal_inputs({{3, 2}, {0, 3, 2}, {17, 3, 2}}),
                 [](const std::vector<Naive>& in) { return normalized_by_layer(in[0], 2); });
    expect_layer(book, "GroupNorm", "", normal_inputs({{1, 4}, {0, 4, 3}, {2, 4, 5, 7}}),
                 [](const std::vector<Naive>& in) { return scaled_by_channel(normalized_by_group(in[0], 2), in[1], in[2]); });
    expect_layer(book, "GroupNorm", "not affine", normal_inputs({{1, 4}, {2, 4, 37}}),
                 [](const std::vector<Naive>& in) { return normalized_by_group(in[0], 2); });
    // The layer seeds a generator of its own with the first number of the one that it is initialised by.
    book.value("Dropout", "training", [](const std::vector<Naive>& in) { return dropped(in[0], 0.5, Rng{11}.next()); })
        .also(odd_shapes(apps::normal_input))
        .may_vanish = true;
    book.value("Dropout", "evaluation", [](const std::vector<Naive>& in) { return in[0]; }).also(odd_shapes(apps::normal_input));
}

void expect_image_layers(Expectations& book) {
    const std::vector<Tensor> images{apps::distinct_input({0, 2, 4, 4}), apps::distinct_input({1, 1, 2, 2}), apps::distinct_input({3, 5, 7, 37})};
    book.value("UnitLength", "", [](const std::vector<Naive>& in) { return of_unit_length(in[0]); }).finite_only = true;
    expect_layer(book, "Flatten", "", images, [](const std::vector<Naive>& in) {
        const Index& shape = in[0].shape;
        return reshaped(in[0], {shape[0], shape[1] * shape[2] * shape[3]});
    });
    expect_layer(book, "Flatten", "the first two dimensions", images, [](const std::vector<Naive>& in) {
        const Index& shape = in[0].shape;
        return reshaped(in[0], {shape[0] * shape[1], shape[2], shape[3]});
    });
    const Pool2dOptions strided{.kernel = 3, .stride = 2, .padding = 1, .count_padding = false};
    expect_layer(book, "MaxPool2d", "", images, [](const std::vector<Naive>& in) { return max_pooled(in[0], {}); });
    expect_layer(book, "MaxPool2d", "kernel 3, stride 2, padding 1", images, [=](const std::vector<Naive>& in) { return max_pooled(in[0], strided); });
    expect_layer(book, "AvgPool2d", "", images, [](const std::vector<Naive>& in) { return average_pooled(in[0], {}); });
    expect_layer(book, "AvgPool2d", "kernel 3, stride 2, padding not counted", images,
                 [=](const std::vector<Naive>& in) { return average_pooled(in[0], strided); });
    expect_layer(book, "AdaptiveAvgPool2d", "", images, [](const std::vector<Naive>& in) { return adaptive_average_pooled(in[0], 3); });
}

void expect_containers(Expectations& book) {
    const auto rows = normal_inputs({{0, 3}, {1, 3}, {37, 3}});
    expect_layer(book, "Sequential", "", rows,
                 [](const std::vector<Naive>& in) { return linear_of(squashed(linear_of(in[0], in[1], &in[2])), in[3], &in[4]); });
    expect_layer(book, "Sequential", "batch norm and ReLU", normal_inputs({{37, 3}, {1, 3, 5}}),
                 [](const std::vector<Naive>& in) { return rectified(scaled_by_channel(normalized_by_batch(in[0]), in[1], in[2])); });
    expect_layer(book, "Sequential", "ReLU and max pooling", {apps::distinct_input({1, 1, 2, 3}), apps::distinct_input({3, 5, 7, 37})},
                 [](const std::vector<Naive>& in) { return max_pooled(rectified(in[0]), {}); })
        .may_vanish = true;
    const auto added = [](const Naive& a, const Naive& b) { return generate(a.shape, [&](const Index& i) { return a[i] + b[i]; }); };
    expect_layer(book, "Residual", "identity", rows, [=](const std::vector<Naive>& in) { return added(in[0], squashed(linear_of(in[0], in[1], &in[2]))); });
    expect_layer(book, "Residual", "with a shortcut", rows,
                 [=](const std::vector<Naive>& in) { return added(squashed(linear_of(in[0], in[1], &in[2])), linear_of(in[0], in[3], &in[4])); });
}

}  // namespace

void expect_layers(Expectations& book) {
    expect_activations(book);
    expect_linear_layers(book);
    expect_normalization_layers(book);
    expect_image_layers(book);
    expect_containers(book);
    refuse_layers(book);
}

}  // namespace knoll::records
