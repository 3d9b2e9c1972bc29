#include "nn/check_layer.h"
#include "support/close.h"

#include <knoll/nn/layers/convolution.h>
#include <catch2/catch.hpp>

using namespace knoll;
using Catch::Matchers::Contains;

namespace {

// The definition, one output element at a time.
double convolve_at(const nn::Conv2d& layer, const Tensor& x, std::int64_t n, std::int64_t o, std::int64_t row, std::int64_t column) {
    const auto& options = layer.options();
    const std::int64_t group_in = layer.weight.size(1), group_out = layer.weight.size(0) / options.groups;
    double total = layer.bias.defined() ? layer.bias.at<double>(o) : 0.0;
    for (std::int64_t c = 0; c < group_in; ++c)
        for (std::int64_t i = 0; i < options.kernel.height; ++i)
            for (std::int64_t j = 0; j < options.kernel.width; ++j) {
                const std::int64_t h = row * options.stride.height + i * options.dilation.height - options.padding.height;
                const std::int64_t w = column * options.stride.width + j * options.dilation.width - options.padding.width;
                if (h < 0 || w < 0 || h >= x.size(2) || w >= x.size(3)) continue;
                total += layer.weight.at<double>(o, c, i, j) * x.at<double>(n, o / group_out * group_in + c, h, w);
            }
    return total;
}

}  // namespace

TEST_CASE("a convolution layer is the convolution of its options") {
    auto layer = GENERATE(nn::Conv2d{4, 6, {.kernel = 3, .stride = 2, .padding = 1}}, nn::Conv2d{4, 4, {.kernel = {3, 1}, .groups = 4}},
                          nn::Conv2d{4, 8, {.kernel = 2, .dilation = {2, 1}, .groups = 2, .bias = false}}, nn::Conv2d{4, 1, {.kernel = 1}});
    layer = initialized(std::move(layer));
    if (layer.bias.defined()) layer.bias = arange(layer.bias.numel()).to(DType::f64);
    Rng rng{7};
    const Tensor x = randn({2, 4, 7, 5}, rng, DType::f64);
    const Tensor y = layer(x);
    Tensor expected = empty(y.shape(), DType::f64);
    double* next = expected.mutable_data<double>().data();
    for (std::int64_t n = 0; n < y.size(0); ++n)
        for (std::int64_t o = 0; o < y.size(1); ++o)
            for (std::int64_t row = 0; row < y.size(2); ++row)
                for (std::int64_t column = 0; column < y.size(3); ++column) *next++ = convolve_at(layer, x, n, o, row, column);
    check_close(y, expected, 1e-12, 1e-12);
}

TEST_CASE("a transposed convolution undoes the shape of a strided one") {
    nn::Conv2d down{2, 3, {.kernel = 3, .stride = 2, .padding = 1}};
    nn::ConvTranspose2d up{3, 2, {.kernel = 3, .stride = 2, .padding = 1, .output_padding = 1}};
    down = initialized(std::move(down));
    up = initialized(std::move(up));
    CHECK(up.weight.shape() == Shape{3, 2, 3, 3});
    const Tensor x = ones({1, 2, 8, 6}, DType::f64);
    CHECK(up(down(x)).shape() == x.shape());
}

TEST_CASE("a transposed convolution with stride equal to its kernel lays out scaled windows") {
    nn::ConvTranspose2d layer{1, 1, {.kernel = 2, .stride = 2}};
    layer.weight = tensor({{1, 2}, {3, 4}});
    layer.weight = from_data<float>({1, 1, 2, 2}, layer.weight.data<float>());
    layer.bias = tensor({0.5});
    const Tensor x = from_data<float>({1, 1, 1, 2}, std::vector<float>{1, 10});
    CHECK(layer(x).to_vector() == std::vector<double>{1.5, 2.5, 10.5, 20.5, 3.5, 4.5, 30.5, 40.5});
}

TEST_CASE("convolution layers keep the scale of a signal that is half zeros") {
    Rng rng{9};
    const Tensor x = bernoulli({4, 16, 16, 16}, 0.5, rng, DType::f64);  // mean square 1/2, as after a ReLU
    const auto mean_square = [](const Tensor& t) {
        double total = 0;
        for (const double value : t.to_vector()) total += value * value;
        return total / static_cast<double>(t.numel());
    };
    CHECK(mean_square(initialized(nn::Conv2d{16, 64, {.kernel = 3}})(x)) == Approx(1.0).epsilon(0.25));
    CHECK(mean_square(initialized(nn::ConvTranspose2d{16, 64, {.kernel = 2, .stride = 2}})(x)) == Approx(1.0).epsilon(0.25));
}

TEST_CASE("gradients of convolution layers agree with finite differences") {
    nn::Conv2d strided{2, 3, {.kernel = 3, .stride = 2, .padding = 1}};
    check_layer_gradients(strided, Shape{1, 2, 4, 5});
    nn::Conv2d depthwise{3, 3, {.kernel = {1, 2}, .groups = 3, .bias = false}};
    check_layer_gradients(depthwise, Shape{2, 3, 2, 3});
    nn::ConvTranspose2d transposed{2, 4, {.kernel = 2, .stride = 2, .output_padding = 1, .groups = 2}};
    check_layer_gradients(transposed, Shape{1, 2, 2, 3});
}

TEST_CASE("impossible convolutions are refused") {
    CHECK_THROWS_WITH(nn::Conv2d(3, 4, {.groups = 2}), Contains("[Conv2d] expected groups that divide 3 and 4 channels, got 2"));
    CHECK_THROWS_WITH(nn::ConvTranspose2d(0, 4), Contains("[ConvTranspose2d] expected 1 or more channels, got 0 in and 4 out"));
    CHECK_THROWS_WITH(nn::Conv2d(1, 1, {.kernel = {3, 0}}), Contains("expected a kernel of 1x1 or more, got 3x0"));
    nn::Conv2d layer = initialized(nn::Conv2d{3, 4});
    CHECK_THROWS_AS(layer(ones({1, 2, 5, 5}, DType::f64)), ShapeError);
}
