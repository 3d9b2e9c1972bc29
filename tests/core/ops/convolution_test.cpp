#include "support/close.h"
#include "support/golden_ops.h"
#include "support/threads.h"

#include <knoll/core/autograd.h>
#include <knoll/core/gradcheck.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/convolution.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

struct ConvolutionCase {
    Shape x;
    Shape weight;
    Conv2dOptions options = {};
};

std::string describe(const ConvolutionCase& c) {
    const auto& [stride, padding, dilation, groups] = c.options;
    return text("x ", c.x, ", weight ", c.weight, ", stride ", stride.height, " ", stride.width, ", padding ", padding.height, " ", padding.width,
                ", dilation ", dilation.height, " ", dilation.width, ", groups ", groups);
}

const std::vector<ConvolutionCase>& small_cases() {
    static const std::vector<ConvolutionCase> cases{
        {{1, 1, 1, 1}, {1, 1, 1, 1}},
        {{2, 3, 5, 4}, {4, 3, 3, 3}},
        {{2, 2, 7, 5}, {3, 2, 3, 2}, {.padding = {1, 0}}},
        {{1, 2, 8, 9}, {2, 2, 3, 3}, {.stride = 2}},
        {{2, 1, 8, 7}, {2, 1, 3, 3}, {.stride = 3, .padding = 1}},
        {{1, 2, 9, 8}, {2, 2, 3, 3}, {.stride = {2, 1}, .padding = {1, 2}, .dilation = {1, 2}}},
        {{2, 4, 5, 5}, {6, 2, 3, 3}, {.stride = 2, .padding = 1, .groups = 2}},
        {{2, 3, 6, 5}, {3, 1, 3, 3}, {.padding = 1, .groups = 3}},
        {{2, 3, 7, 11}, {6, 1, 3, 2}, {.stride = {2, 3}, .padding = 1, .dilation = {2, 1}, .groups = 3}},
        {{2, 3, 4, 4}, {5, 3, 1, 1}},
        {{2, 3, 5, 4}, {2, 3, 1, 1}, {.stride = 2}},
        {{2, 2, 3, 3}, {2, 2, 1, 1}, {.padding = 1}},
        {{1, 2, 3, 4}, {3, 2, 3, 4}},                  // the kernel covers the whole image
        {{1, 2, 3, 3}, {2, 2, 5, 5}, {.padding = 1}},  // and the padding
        {{1, 1, 9, 9}, {2, 1, 2, 2}, {.stride = 4}},   // pixels between the windows
        {{1, 1, 2, 2}, {1, 1, 2, 2}, {.padding = 4}},  // windows of nothing but padding
    };
    return cases;
}

// Long rows and deep sums, for several tiles per image, parts of a batch and blocks of channels.
const std::vector<ConvolutionCase>& large_cases() {
    static const std::vector<ConvolutionCase> cases{
        {{1, 9, 33, 41}, {7, 9, 5, 5}, {.padding = 2}},
        {{33, 4, 13, 11}, {6, 2, 3, 3}, {.stride = 2, .padding = 1, .groups = 2}},
        {{2, 70, 30, 31}, {5, 70, 1, 1}},
        {{19, 6, 17, 23}, {12, 1, 3, 3}, {.padding = 1, .groups = 6}},
    };
    return cases;
}

// What takes Winograd's filtering in f32: 3x3 with stride 1, and sixteen channels and filters or more.
const std::vector<ConvolutionCase>& winograd_cases() {
    static const std::vector<ConvolutionCase> cases{
        {{7, 17, 9, 11}, {20, 17, 3, 3}, {.padding = 1}},  // six images make a job, the seventh is left over
        {{3, 16, 4, 4}, {16, 16, 3, 3}, {.padding = 1}},
        {{2, 16, 40, 37}, {33, 16, 3, 3}, {.padding = 2}},     // several bands of tiles
        {{2, 20, 13, 6}, {17, 20, 3, 3}},                      // the adjoint reads beyond the edges instead
        {{2, 16, 6, 7}, {16, 16, 3, 3}, {.padding = {3, 4}}},  // too much padding for the adjoint
        {{5, 18, 9, 8}, {16, 18, 3, 3}, {.padding = {0, 2}}},
        {{1, 32, 5, 70}, {17, 32, 3, 3}, {.padding = 1}},
        {{20, 16, 7, 7}, {16, 16, 3, 3}, {.padding = 1}},  // more images than parts of the weight's gradient
    };
    return cases;
}

// Six filters or fewer, or as few channels, on rows of eight outputs or more.
const std::vector<ConvolutionCase>& few_filters() {
    static const std::vector<ConvolutionCase> cases{
        {{2, 3, 70, 90}, {5, 3, 5, 5}, {.padding = 2}},  // several bands
        {{1, 1, 64, 200}, {6, 1, 7, 3}},
        {{1, 20, 9, 300}, {1, 20, 3, 3}, {.padding = {1, 0}}},
        {{3, 2, 11, 8}, {6, 2, 3, 3}, {.padding = {2, 1}, .dilation = {2, 1}}},
        {{2, 9, 12, 17}, {2, 9, 1, 1}},
        {{2, 4, 10, 19}, {8, 2, 3, 2}, {.groups = 2}},
        {{2, 7, 12, 9}, {7, 7, 3, 3}, {.padding = 1}},  // one filter too many
    };
    return cases;
}

const std::vector<ConvolutionCase>& strides_and_groups() {
    static const std::vector<ConvolutionCase> cases{
        {{2, 5, 23, 26}, {19, 5, 3, 3}, {.stride = 2, .padding = 2, .dilation = 2}},
        {{1, 4, 25, 29}, {7, 4, 5, 4}, {.stride = {3, 2}, .padding = {1, 2}, .dilation = {2, 3}}},
        {{2, 3, 20, 22}, {18, 3, 4, 5}, {.stride = 3, .padding = 1}},
        {{2, 17, 12, 11}, {18, 17, 3, 3}, {.stride = {1, 2}, .padding = 1}},
        {{2, 12, 9, 10}, {66, 6, 3, 3}, {.padding = 1, .groups = 2}},  // panels of 16, 16 and 1 filter in each group
        {{1, 51, 8, 7}, {27, 17, 3, 2}, {.stride = 2, .padding = 1, .groups = 3}},
        {{3, 33, 15, 14}, {20, 33, 1, 1}, {.stride = 2}},
        {{1, 64, 40, 60}, {9, 64, 3, 3}, {.padding = 1}},  // images larger than a band
        {{2, 40, 45, 50}, {7, 40, 5, 5}, {.stride = 2, .padding = 3}},
    };
    return cases;
}

// Every product of a pixel and a weight, one after the other: calls visit(x index, weight index, out index).
template <class Visit>
void for_each_product(const ConvolutionCase& c, const Shape& out, const Visit& visit) {
    const auto& [stride, padding, dilation, groups] = c.options;
    const std::int64_t filters = c.weight[0] / groups;
    for (std::int64_t n = 0; n < out[0]; ++n)
        for (std::int64_t o = 0; o < out[1]; ++o)
            for (std::int64_t y = 0; y < out[2]; ++y)
                for (std::int64_t x = 0; x < out[3]; ++x)
                    for (std::int64_t k = 0; k < c.weight[1]; ++k)
                        for (std::int64_t i = 0; i < c.weight[2]; ++i)
                            for (std::int64_t j = 0; j < c.weight[3]; ++j) {
                                const std::int64_t row = y * stride.height - padding.height + i * dilation.height;
                                const std::int64_t column = x * stride.width - padding.width + j * dilation.width;
                                if (row < 0 || row >= c.x[2] || column < 0 || column >= c.x[3]) continue;
                                const std::int64_t channel = o / filters * c.weight[1] + k;
                                visit(static_cast<std::size_t>(((n * c.x[1] + channel) * c.x[2] + row) * c.x[3] + column),
                                      static_cast<std::size_t>(((o * c.weight[1] + k) * c.weight[2] + i) * c.weight[3] + j),
                                      static_cast<std::size_t>(((n * out[1] + o) * out[2] + y) * out[3] + x));
                            }
}

void check_against_loops(const ConvolutionCase& c, DType dtype) {
    INFO(describe(c) << ", " << to_string(dtype));
    const double rtol = dtype == DType::f32 ? 1e-4 : 1e-11, atol = dtype == DType::f32 ? 1e-3 : 1e-11;
    Rng rng{11};
    const Tensor x = randn(c.x, rng, dtype).set_requires_grad(), weight = randn(c.weight, rng, dtype).set_requires_grad();
    const Tensor bias = randn({c.weight[0]}, rng, dtype).set_requires_grad();
    const Tensor out = conv2d(x, weight, bias, c.options);
    const Tensor upstream = randn(out.shape(), rng, dtype);
    backward(out, {.grad_output = upstream});

    const auto pixels = x.to_vector(), taps = weight.to_vector(), shifts = bias.to_vector(), g = upstream.to_vector();
    const std::size_t positions = static_cast<std::size_t>(out.size(2) * out.size(3));
    std::vector<double> values(g.size()), x_gradient(pixels.size()), weight_gradient(taps.size()), bias_gradient(shifts.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = shifts[i / positions % shifts.size()];
        bias_gradient[i / positions % shifts.size()] += g[i];
    }
    for_each_product(c, out.shape(), [&](std::size_t pixel, std::size_t tap, std::size_t position) {
        values[position] += pixels[pixel] * taps[tap];
        x_gradient[pixel] += g[position] * taps[tap];
        weight_gradient[tap] += g[position] * pixels[pixel];
    });
    check_close(out, tensor(values, out.shape(), dtype), rtol, atol);
    check_close(x.grad(), tensor(x_gradient, c.x, dtype), rtol, atol);
    check_close(weight.grad(), tensor(weight_gradient, c.weight, dtype), rtol, atol);
    check_close(bias.grad(), tensor(bias_gradient, {c.weight[0]}, dtype), rtol, atol);
}

Tensor third(const std::vector<Tensor>& inputs) { return inputs.size() > 2 ? inputs[2] : Tensor{}; }

}  // namespace

TEST_CASE("a convolution and its gradients agree with plain loops on small odd shapes") {
    for (const ConvolutionCase& c : small_cases())
        for (const DType dtype : {DType::f32, DType::f64}) check_against_loops(c, dtype);
}

TEST_CASE("a convolution and its gradients agree with plain loops over several tiles, parts and blocks") {
    for (const ConvolutionCase& c : large_cases())
        for (const DType dtype : {DType::f32, DType::f64}) check_against_loops(c, dtype);
}

TEST_CASE("a convolution and its gradients agree with plain loops where Winograd's filtering takes over") {
    for (const ConvolutionCase& c : winograd_cases())
        for (const DType dtype : {DType::f32, DType::f64}) check_against_loops(c, dtype);
}

TEST_CASE("a convolution and its gradients agree with plain loops for few filters on wide images") {
    for (const ConvolutionCase& c : few_filters())
        for (const DType dtype : {DType::f32, DType::f64}) check_against_loops(c, dtype);
}

TEST_CASE("a convolution and its gradients agree with plain loops for strides with remainders, dilation, groups, and images larger than a band") {
    for (const ConvolutionCase& c : strides_and_groups())
        for (const DType dtype : {DType::f32, DType::f64}) check_against_loops(c, dtype);
}

TEST_CASE("the second derivatives of a convolution in f32 are those in f64, whichever way it takes") {
    const ConvolutionCase c =
        GENERATE(ConvolutionCase{{3, 16, 6, 7}, {17, 16, 3, 3}, {.padding = 1}}, ConvolutionCase{{2, 3, 9, 17}, {5, 3, 3, 3}, {.padding = 1}},
                 ConvolutionCase{{2, 5, 11, 10}, {18, 5, 3, 3}, {.stride = 2, .padding = 1}}, ConvolutionCase{{2, 8, 6, 5}, {36, 4, 3, 2}, {.groups = 2}});
    INFO(describe(c));
    const auto second = [&](DType dtype) {
        Rng rng{16};
        const auto draw = [&](const Shape& shape) { return randn(shape, rng, DType::f64).to(dtype).set_requires_grad(); };
        const Tensor x = draw(c.x), weight = draw(c.weight), towards_x = draw(c.x), towards_weight = draw(c.weight);
        const Tensor out = conv2d(x, weight, {}, c.options);
        const Tensor upstream = draw(out.shape());
        const auto first = grad({out}, {x, weight}, {.grad_outputs = {upstream}, .create_graph = true});
        return grad({sum(first[0] * towards_x) + sum(first[1] * towards_weight)}, {x, weight, upstream});
    };
    const auto single = second(DType::f32), exact = second(DType::f64);
    for (std::size_t i = 0; i < exact.size(); ++i) check_close(single[i].to(DType::f64), exact[i], 1e-4, 1e-3);
}

TEST_CASE("convolutions agree with PyTorch") {
    for (const GoldenOp& golden : golden_ops("conv2d")) {
        const auto& o = golden.options;
        const Conv2dOptions options{golden_size(o.at("stride")), golden_size(o.at("padding")), golden_size(o.at("dilation")),
                                    o.at("groups").get<std::int64_t>()};
        check_golden(golden, [&](const std::vector<Tensor>& in) { return conv2d(in[0], in[1], third(in), options); });
    }
}

TEST_CASE("transposed convolutions agree with PyTorch") {
    for (const GoldenOp& golden : golden_ops("conv_transpose2d")) {
        const auto& o = golden.options;
        const ConvTranspose2dOptions options{golden_size(o.at("stride")), golden_size(o.at("padding")), golden_size(o.at("output_padding")),
                                             golden_size(o.at("dilation")), o.at("groups").get<std::int64_t>()};
        check_golden(golden, [&](const std::vector<Tensor>& in) { return conv_transpose2d(in[0], in[1], third(in), options); });
    }
}

TEST_CASE("the derivatives of a convolution are right to third order") {
    Rng rng{12};
    const Conv2dOptions options = GENERATE(Conv2dOptions{.stride = {2, 1}, .padding = {1, 0}, .dilation = {1, 2}}, Conv2dOptions{.padding = 1});
    const Tensor x = randn({1, 2, 4, 5}, rng, DType::f64), weight = randn({2, 2, 2, 3}, rng, DType::f64), bias = randn({2}, rng, DType::f64);
    const auto result = gradcheck([&](const std::vector<Tensor>& in) { return conv2d(in[0], in[1], in[2], options); }, {x, weight, bias}, {.order = 3});
    INFO(result.report());
    CHECK(result.ok());
}

TEST_CASE("the second derivatives of grouped, depthwise and pointwise convolutions are right") {
    Rng rng{13};
    const auto [x, weight, groups] =
        GENERATE(table<Shape, Shape, int>({{{2, 4, 3, 3}, {2, 2, 2, 2}, 2}, {{2, 2, 4, 3}, {4, 1, 2, 2}, 2}, {{2, 3, 2, 3}, {2, 3, 1, 1}, 1}}));
    const Conv2dOptions options{.stride = GENERATE(1, 2), .groups = groups};
    const auto result = gradcheck([&](const std::vector<Tensor>& in) { return conv2d(in[0], in[1], {}, options); },
                                  {randn(x, rng, DType::f64), randn(weight, rng, DType::f64)}, {.order = 2});
    INFO(result.report());
    CHECK(result.ok());
}

TEST_CASE("the second derivatives of convolutions of many channels, wide rows and strides with remainders are right") {
    Rng rng{17};
    const ConvolutionCase c =
        GENERATE(ConvolutionCase{{1, 16, 4, 4}, {16, 16, 3, 3}, {.padding = 1}}, ConvolutionCase{{1, 2, 3, 17}, {3, 2, 3, 3}, {.padding = 1}},
                 ConvolutionCase{{1, 2, 8, 9}, {3, 2, 3, 2}, {.stride = {2, 3}, .padding = 1, .dilation = {2, 1}}},
                 ConvolutionCase{{1, 4, 4, 3}, {18, 2, 2, 2}, {.padding = 1, .groups = 2}}, ConvolutionCase{{2, 3, 5, 4}, {2, 3, 1, 1}, {.stride = 2}});
    INFO(describe(c));
    const auto result = gradcheck([&](const std::vector<Tensor>& in) { return conv2d(in[0], in[1], in[2], c.options); },
                                  {randn(c.x, rng, DType::f64), randn(c.weight, rng, DType::f64), randn({c.weight[0]}, rng, DType::f64)}, {.order = 2});
    INFO(result.report());
    CHECK(result.ok());
}

TEST_CASE("the second derivatives of a transposed convolution are right") {
    Rng rng{14};
    const ConvTranspose2dOptions options =
        GENERATE(ConvTranspose2dOptions{.stride = 2, .padding = 1, .output_padding = {1, 0}}, ConvTranspose2dOptions{.groups = 2},
                 ConvTranspose2dOptions{.stride = 2, .output_padding = 2, .dilation = 3});
    const Tensor x = randn({1, 2, 3, 2}, rng, DType::f64), weight = randn({2, 1, 2, 3}, rng, DType::f64), bias = randn({options.groups}, rng, DType::f64);
    const auto result =
        gradcheck([&](const std::vector<Tensor>& in) { return conv_transpose2d(in[0], in[1], in[2], options); }, {x, weight, bias}, {.order = 2});
    INFO(result.report());
    CHECK(result.ok());
}

TEST_CASE("a pointwise transposed convolution adds its bias") {
    const Tensor out = conv_transpose2d(ones({1, 2, 2, 2}), ones({2, 3, 1, 1}), tensor({1, 2, 3}));
    CHECK(out.to_vector() == std::vector<double>{3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5});
}

TEST_CASE("a convolution of no images has no result, and its weight no gradient but zero") {
    const auto [channels, filters, groups] = GENERATE(table<std::int64_t, std::int64_t, std::int64_t>({{2, 4, 1}, {2, 4, 2}, {4, 8, 2}, {16, 20, 1}}));
    const Tensor weight = ones({filters, channels / groups, 3, 3}).set_requires_grad(), bias = ones({filters}).set_requires_grad();
    const Tensor x = zeros({0, channels, 9, 11}).set_requires_grad();
    const Tensor out = conv2d(x, weight, bias, {.groups = groups});
    CHECK(out.shape() == Shape{0, filters, 7, 9});
    backward(sum(out));
    CHECK(x.grad().shape() == x.shape());
    CHECK(weight.grad().to_vector() == std::vector<double>(static_cast<std::size_t>(weight.numel()), 0.0));
    CHECK(bias.grad().to_vector() == std::vector<double>(static_cast<std::size_t>(filters), 0.0));
}

TEST_CASE("convolutions have the same bits at any number of threads") {
    const std::int64_t groups = GENERATE(1, 2, 8);
    Rng rng{15};
    const Tensor x = randn({21, 8, 15, 14}, rng).set_requires_grad(), weight = randn({16, 8 / groups, 3, 3}, rng).set_requires_grad();
    check_same_bits([&] {
        const Tensor out = conv2d(x, weight, {}, {.padding = 1, .groups = groups});
        const auto gradients = grad({sum(out * out)}, {x, weight});
        return std::vector{out, gradients[0], gradients[1]};
    });
}

TEST_CASE("convolutions have the same bits at any number of threads whichever way they take") {
    const ConvolutionCase c = GENERATE(ConvolutionCase{{19, 17, 14, 13}, {33, 17, 3, 3}, {.padding = 1}},              // Winograd
                                       ConvolutionCase{{2, 20, 50, 41}, {16, 20, 3, 3}, {.padding = 1}},               // in bands
                                       ConvolutionCase{{7, 3, 40, 45}, {6, 3, 5, 5}, {.padding = 2}},                  // few filters
                                       ConvolutionCase{{5, 12, 29, 31}, {20, 12, 3, 3}, {.stride = 2, .padding = 1}},  // direct
                                       ConvolutionCase{{1, 40, 45, 50}, {9, 40, 5, 5}});
    INFO(describe(c));
    Rng rng{18};
    const Tensor x = randn(c.x, rng).set_requires_grad(), weight = randn(c.weight, rng).set_requires_grad(),
                 bias = randn({c.weight[0]}, rng).set_requires_grad();
    check_same_bits([&] {
        const Tensor out = conv2d(x, weight, bias, c.options);
        const auto gradients = grad({sum(out * out)}, {x, weight, bias});
        return std::vector{out, gradients[0], gradients[1], gradients[2]};
    });
}

TEST_CASE("transposed convolutions agree with the gradient of a convolution in f32, whichever way they take") {
    const ConvolutionCase c =
        GENERATE(ConvolutionCase{{3, 20, 9, 10}, {17, 20, 3, 3}, {.padding = 1}}, ConvolutionCase{{3, 3, 9, 40}, {17, 3, 3, 3}, {.padding = 1}},
                 ConvolutionCase{{2, 5, 9, 11}, {18, 5, 3, 3}, {.stride = 2, .padding = 1}});
    INFO(describe(c));
    Rng rng{19};
    const Tensor x = randn(c.x, rng).set_requires_grad(), weight = randn(c.weight, rng), bias = randn({c.x[1]}, rng);
    const Tensor out = conv2d(x, weight, {}, c.options), upstream = randn(out.shape(), rng);
    const Tensor expected = grad(out, x, {.grad_outputs = {upstream}}) + reshape(bias, {c.x[1], 1, 1});
    check_close(conv_transpose2d(upstream, weight, bias, {.stride = c.options.stride, .padding = c.options.padding}), expected, 1e-5, 1e-5);
}

TEST_CASE("convolutions say what does not fit") {
    using Catch::Contains;
    const Tensor x = zeros({2, 4, 5, 6}), weight = zeros({6, 4, 3, 3});
    CHECK_THROWS_WITH(conv2d(zeros({4, 5, 6}), weight),
                      Contains("[conv2d] expected x of shape [N, C, H, W], got [4, 5, 6]; add a batch dimension with unsqueeze(x, 0)"));
    CHECK_THROWS_WITH(conv2d(x, zeros({6, 4, 3})), Contains("[conv2d] expected a weight of four dimensions, got [6, 4, 3]"));
    CHECK_THROWS_WITH(conv2d(x, zeros({6, 4, 0, 3})), Contains("[conv2d] expected a kernel of at least 1 x 1"));
    CHECK_THROWS_WITH(conv2d(x, zeros({6, 3, 3, 3})),
                      Contains("[conv2d] expected a weight of shape [O, 4, KH, KW] for x [2, 4, 5, 6] and 1 group, got [6, 3, 3, 3]"));
    CHECK_THROWS_WITH(conv2d(x, zeros({6, 2, 3, 3}), {}, {.groups = 3}), Contains("[conv2d] expected channels that 3 groups divide, got 4 in and 6 out"));
    CHECK_THROWS_WITH(conv2d(x, weight, zeros({4})), Contains("[conv2d] expected a bias of shape [6], one per output channel, got [4]"));
    CHECK_THROWS_WITH(conv2d(x, weight, {}, {.stride = 0}), Contains("[conv2d] expected a stride of at least 1, got (0, 0)"));
    CHECK_THROWS_WITH(conv2d(x, weight, {}, {.padding = {0, -1}}), Contains("[conv2d] expected a padding of at least 0, got (0, -1)"));
    CHECK_THROWS_WITH(conv2d(x, weight, {}, {.dilation = 0}), Contains("[conv2d] expected a dilation of at least 1"));
    CHECK_THROWS_WITH(conv2d(x, weight, {}, {.groups = 0}), Contains("[conv2d] expected at least 1 group, got 0"));
    CHECK_THROWS_WITH(conv2d(x, weight, {}, {.dilation = 3}),
                      Contains("[conv2d] expected x [N, C, H, W] of at least 7 x 7 pixels with its padding, what the kernel covers, got 5 x 6"));
    CHECK_THROWS_AS(conv2d(x, zeros({6, 4, 3, 3}, DType::f64)), DTypeError);
    CHECK_THROWS_WITH(conv2d(x.to(DType::i64), weight.to(DType::i64)),
                      Contains("[conv2d] expected x, weight and bias of one type, f32 or f64, got i64 and i64"));
    CHECK_THROWS_WITH(conv_transpose2d(x, weight), Contains("[conv_transpose2d] expected a weight of shape [4, O/groups, KH, KW]"));
    CHECK_THROWS_WITH(conv_transpose2d(x, zeros({4, 2, 3, 3}), {}, {.output_padding = 1}),
                      Contains("[conv_transpose2d] expected an output padding of at least 0 and below stride or dilation, got (1, 1)"));
    CHECK_THROWS_WITH(conv_transpose2d(x, zeros({4, 2, 3, 3}), {}, {.padding = 4}),
                      Contains("[conv_transpose2d] expected a result of at least 1 x 1 pixels, got -1 x 0"));
}
