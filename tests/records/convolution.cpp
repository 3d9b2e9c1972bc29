#include "records/image.h"
#include "records/references.h"

#include <knoll/core/ops/ops.h>

namespace knoll::records {

namespace {

// The pixels of [N, C, H, W], and zeros around them.
struct Images {
    const Naive& values;

    bool contains(std::int64_t y, std::int64_t x) const { return y >= 0 && y < values.shape[2] && x >= 0 && x < values.shape[3]; }
    double operator()(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) const {
        const std::int64_t channels = values.shape[1], height = values.shape[2], width = values.shape[3];
        if (!contains(y, x)) return 0.0;
        return values.values[static_cast<std::size_t>(((n * channels + c) * height + y) * width + x)];
    }
};

// Whether padding is left out of sums instead of multiplied as zeros, which makes NaN of an infinite weight. Depthwise kernels do.
bool leaves_padding_out(std::int64_t groups, std::int64_t channels_per_group) { return groups > 1 && channels_per_group == 1; }

double bias_of(const Naive* bias, std::int64_t channel) { return bias == nullptr ? 0.0 : bias->values[static_cast<std::size_t>(channel)]; }

const Naive* bias_in(const std::vector<Naive>& in) { return in.size() > 2 ? &in[2] : nullptr; }

Reference convolution(const Conv2dOptions& options) {
    return [options](const std::vector<Naive>& in) { return convolved(in[0], in[1], bias_in(in), options); };
}

Reference transposed_convolution(const ConvTranspose2dOptions& options) {
    return [options](const std::vector<Naive>& in) { return transposed_convolved(in[0], in[1], bias_in(in), options); };
}

Inputs with_bias(const Shape& x, const Shape& weight) { return {apps::normal_input(x, 1), apps::normal_input(weight, 2), apps::normal_input({weight[0]}, 3)}; }

// The transposed convolution's bias has one number for each of a weight's second dimension.
Inputs transposed_inputs(const Shape& x, const Shape& weight) {
    return {apps::normal_input(x, 1), apps::normal_input(weight, 2), apps::normal_input({weight[1]}, 3)};
}

void expect_conv2d(Expectations& book) {
    book.value("conv2d", "", convolution({}))
        .also({with_bias({0, 2, 5, 4}, {3, 2, 3, 3}), with_bias({2, 0, 5, 4}, {3, 0, 3, 3}), with_bias({2, 2, 5, 4}, {0, 2, 3, 3}),
               with_bias({1, 1, 1, 1}, {1, 1, 1, 1}), with_bias({1, 5, 7, 3}, {7, 5, 7, 3})})
        .also({
            with_bias({2, 3, 7, 37}, {5, 3, 3, 3}),                                            // few filters, wide: pixel by pixel in f32
            with_bias({1, 2, 5, 33}, {6, 2, 1, 5}), with_bias({1, 7, 17, 19}, {37, 7, 3, 5}),  // filters in panels
        });
    book.value("conv2d", "padding", convolution({.padding = 1}))
        .also({with_bias({1, 1, 1, 1}, {1, 1, 3, 3}), with_bias({2, 2, 0, 3}, {3, 2, 2, 2}), with_bias({1, 5, 3, 37}, {1, 5, 3, 3})})
        .also({
            with_bias({2, 16, 5, 7}, {16, 16, 3, 3}),  // Winograd's method in f32, on tiles that reach over the edge
            with_bias({1, 17, 9, 6}, {19, 17, 3, 3}),
            with_bias({1, 24, 4, 4}, {16, 24, 3, 3}),
        });
    book.value("conv2d", "1x1", convolution({})).also({with_bias({1, 1, 17, 3}, {1, 1, 1, 1}), with_bias({2, 37, 3, 5}, {7, 37, 1, 1})});
    book.value("conv2d", "stride 2 with a remainder", convolution({.stride = 2}))
        .also({with_bias({1, 5, 3, 3}, {7, 5, 3, 3}), with_bias({2, 3, 17, 8}, {5, 3, 2, 1}), with_bias({1, 1, 37, 37}, {2, 1, 1, 1})});
    book.value("conv2d", "stride 3, dilation 2, padding 2", convolution({.stride = 3, .padding = 2, .dilation = 2}))
        .also({with_bias({1, 1, 1, 1}, {1, 1, 3, 2}), with_bias({2, 5, 17, 9}, {7, 5, 3, 3})});
    book.value("conv2d", "groups", convolution({.padding = 1, .groups = 2}))
        .also({with_bias({1, 2, 1, 1}, {2, 1, 3, 3}), with_bias({2, 10, 5, 17}, {14, 5, 3, 3}), with_bias({1, 6, 3, 3}, {2, 3, 2, 2})});
    book.value("conv2d", "depthwise", convolution({.padding = 1, .groups = 3}))
        .also({with_bias({2, 3, 17, 37}, {3, 1, 3, 3}), with_bias({1, 3, 1, 1}, {6, 1, 3, 3}), with_bias({0, 3, 5, 4}, {3, 1, 3, 3}),
               with_bias({1, 3, 7, 5}, {9, 1, 5, 5})});
    // Rows of padding are left out in f32 and multiplied in f64.
    book.value("conv2d", "few filters, wide", convolution({.padding = 1}))
        .also({with_bias({2, 5, 2, 37}, {6, 5, 3, 3}), with_bias({1, 1, 1, 12}, {1, 1, 3, 3})})
        .finite_only = true;
    book.value("conv2d", "kernel larger than the image, padding of its own on each side", convolution({.padding = {3, 1}}))
        .also({with_bias({1, 1, 1, 2}, {1, 1, 7, 4}), with_bias({2, 5, 3, 17}, {7, 5, 5, 2})});
}

void expect_conv_transpose2d(Expectations& book) {
    book.value("conv_transpose2d", "", transposed_convolution({}))
        .also({transposed_inputs({0, 2, 3, 3}, {2, 3, 3, 2}), transposed_inputs({1, 1, 1, 1}, {1, 1, 1, 1}), transposed_inputs({2, 5, 7, 17}, {5, 7, 3, 3}),
               transposed_inputs({1, 16, 5, 6}, {16, 16, 3, 3}), transposed_inputs({1, 3, 3, 37}, {3, 5, 3, 3})});
    const auto pair = [](const Shape& x, const Shape& weight) { return Inputs{apps::normal_input(x, 1), apps::normal_input(weight, 2)}; };
    book.value("conv_transpose2d", "stride 2, padding, output padding", transposed_convolution({.stride = 2, .padding = 1, .output_padding = 1}))
        .also({pair({1, 1, 1, 1}, {1, 1, 3, 3}), pair({2, 5, 5, 17}, {5, 7, 4, 3}), pair({1, 37, 3, 2}, {37, 1, 3, 3})});
    book.value("conv_transpose2d", "groups", transposed_convolution({.groups = 2}))
        .also({pair({2, 10, 3, 17}, {10, 7, 3, 3}), pair({1, 2, 5, 5}, {2, 1, 3, 3})});
    book.value("conv_transpose2d", "depthwise, stride 2", transposed_convolution({.stride = 2, .groups = 2}))
        .also({pair({2, 2, 3, 17}, {2, 1, 3, 3}), pair({1, 4, 5, 5}, {4, 1, 2, 3})});
    // A kernel of even extent with gaps leaves pixels that no weight reaches.
    book.value("conv_transpose2d", "stride 2, dilation 2", transposed_convolution({.stride = 2, .dilation = 2}))
        .also({transposed_inputs({1, 1, 1, 1}, {1, 1, 2, 2}), transposed_inputs({2, 5, 3, 17}, {5, 7, 3, 2})});
}

using Call = std::function<Tensor(const Tensor& x, const Tensor& weight, const Tensor& bias)>;

// What both refuse: two channels, images of 4x4, three filters of 3x3 taken to be right.
void refuse_operands(Expectations& book, const std::string& op, const Call& call, const Shape& weight_shape) {
    const Tensor x = zeros({1, 2, 4, 4}), weight = zeros(weight_shape);
    const auto refuse = [&](const Tensor& a, const Tensor& b, const Tensor& c, const std::string& words) {
        book.refuse(
            op, [=] { call(a, b, c); }, "[" + op + "] expected " + words);
    };
    refuse(zeros({2, 4, 4}), weight, {}, "x of shape [N, C, H, W], got [2, 4, 4]; add a batch dimension with unsqueeze(x, 0)");
    refuse(zeros({4, 4}), weight, {}, "x of shape [N, C, H, W], got [4, 4]");
    refuse(x, zeros({3, 2, 3}), {}, "a weight of four dimensions, got [3, 2, 3]");
    refuse(x, zeros({weight_shape[0], weight_shape[1], 0, 3}), {}, "a kernel of at least 1 x 1, got a weight of shape [");
    refuse(x, weight.to(DType::f64), {}, "x, weight and bias of one type, f32 or f64, got f32 and f64; convert with .to()");
    refuse(x, weight, zeros({3}, DType::f64), "x, weight and bias of one type, f32 or f64, got f32 and f64; convert with .to()");
    refuse(x.to(DType::i64), weight.to(DType::i64), {}, "x, weight and bias of one type, f32 or f64, got i64 and i64");
    refuse(x, weight, zeros({2}), "a bias of shape [3], one per output channel, got [2]");
}

void refuse_conv2d(Expectations& book) {
    const auto with = [](const Conv2dOptions& options) { return [options] { conv2d(zeros({1, 2, 4, 4}), zeros({3, 2, 3, 3}), {}, options); }; };
    refuse_operands(book, "conv2d", [](const auto& x, const auto& weight, const auto& bias) { return conv2d(x, weight, bias); }, {3, 2, 3, 3});
    book.refuse("conv2d", with({.stride = {1, 0}}), "[conv2d] expected a stride of at least 1, got (1, 0)");
    book.refuse("conv2d", with({.padding = {-1, 0}}), "[conv2d] expected a padding of at least 0, got (-1, 0)");
    book.refuse("conv2d", with({.dilation = 0}), "[conv2d] expected a dilation of at least 1, got (0, 0)");
    book.refuse("conv2d", with({.groups = 0}), "[conv2d] expected at least 1 group, got 0");
    book.refuse("conv2d", with({.groups = 2}), "[conv2d] expected channels that 2 groups divide, got 2 in and 3 out");
    book.refuse("conv2d", with({.dilation = 2}),
                "[conv2d] expected x [N, C, H, W] of at least 5 x 5 pixels with its padding, what the kernel covers, got 4 x 4");
    book.refuse(
        "conv2d",
        [] {
            conv2d(zeros({1, 2, 4, 4}), zeros({3, 1, 3, 3}));
        },
        "[conv2d] expected a weight of shape [O, 2, KH, KW] for x [1, 2, 4, 4] and 1 group, got [3, 1, 3, 3]");
}

void refuse_conv_transpose2d(Expectations& book) {
    const std::string op = "conv_transpose2d";
    const auto with = [](const ConvTranspose2dOptions& options) {
        return [options] { conv_transpose2d(zeros({1, 2, 4, 4}), zeros({2, 3, 3, 3}), {}, options); };
    };
    refuse_operands(book, op, [](const auto& x, const auto& weight, const auto& bias) { return conv_transpose2d(x, weight, bias); }, {2, 3, 3, 3});
    book.refuse(op, with({.stride = 0}), "[conv_transpose2d] expected a stride of at least 1, got (0, 0)");
    book.refuse(op, with({.padding = -1}), "[conv_transpose2d] expected a padding of at least 0, got (-1, -1)");
    book.refuse(op, with({.dilation = {1, 0}}), "[conv_transpose2d] expected a dilation of at least 1, got (1, 0)");
    book.refuse(op, with({.groups = -2}), "[conv_transpose2d] expected at least 1 group, got -2");
    book.refuse(op, with({.groups = 3}), "[conv_transpose2d] expected channels that 3 groups divide, got 2 in x [1, 2, 4, 4]");
    book.refuse(op, with({.stride = 2, .output_padding = 2}),
                "[conv_transpose2d] expected an output padding of at least 0 and below stride or dilation, got (2, 2) for stride (2, 2) and dilation (1, 1)");
    book.refuse(op, with({.padding = 3}), "[conv_transpose2d] expected a result of at least 1 x 1 pixels, got 0 x 0 from x [1, 2, 4, 4]; use less padding");
    book.refuse(
        op,
        [] {
            conv_transpose2d(zeros({1, 2, 4, 4}), zeros({3, 2, 3, 3}));
        },
        "[conv_transpose2d] expected a weight of shape [2, O/groups, KH, KW] for x [1, 2, 4, 4], got [3, 2, 3, 3]");
}

}  // namespace

Naive convolved(const Naive& x, const Naive& weight, const Naive* bias, const Conv2dOptions& options) {
    // Not a structured binding, which lambdas cannot take in Clang 14.
    const Size2 stride = options.stride, padding = options.padding, dilation = options.dilation;
    const std::int64_t groups = options.groups;
    const Images pixel{x}, tap{weight};
    const std::int64_t filters = weight.shape[0], depth = weight.shape[1], rows = weight.shape[2], columns = weight.shape[3];
    const auto size = [](std::int64_t in, std::int64_t kernel, std::int64_t step, std::int64_t pad, std::int64_t gap) {
        return (in + 2 * pad - gap * (kernel - 1) - 1) / step + 1;
    };
    const Index shape{x.shape[0], filters, size(x.shape[2], rows, stride.height, padding.height, dilation.height),
                      size(x.shape[3], columns, stride.width, padding.width, dilation.width)};
    return generate(shape, [&](const Index& at) {
        const std::int64_t first_channel = at[1] / (filters / groups) * depth;
        const bool is_without_padding = leaves_padding_out(groups, depth);
        double sum = bias_of(bias, at[1]);
        for (std::int64_t c = 0; c < depth; ++c)
            for (std::int64_t i = 0; i < rows; ++i)
                for (std::int64_t j = 0; j < columns; ++j) {
                    const std::int64_t y = at[2] * stride.height - padding.height + i * dilation.height;
                    const std::int64_t z = at[3] * stride.width - padding.width + j * dilation.width;
                    if (pixel.contains(y, z) || !is_without_padding) sum += pixel(at[0], first_channel + c, y, z) * tap(at[1], c, i, j);
                }
        return sum;
    });
}

Naive transposed_convolved(const Naive& x, const Naive& weight, const Naive* bias, const ConvTranspose2dOptions& options) {
    const Size2 stride = options.stride, padding = options.padding, dilation = options.dilation, output_padding = options.output_padding;
    const std::int64_t groups = options.groups;
    const Images pixel{x}, tap{weight};
    const std::int64_t depth = x.shape[1] / groups, filters = weight.shape[1], rows = weight.shape[2], columns = weight.shape[3];
    const auto size = [](std::int64_t in, std::int64_t kernel, std::int64_t step, std::int64_t pad, std::int64_t gap, std::int64_t more) {
        return (in - 1) * step - 2 * pad + gap * (kernel - 1) + more + 1;
    };
    const Index shape{x.shape[0], filters * groups, size(x.shape[2], rows, stride.height, padding.height, dilation.height, output_padding.height),
                      size(x.shape[3], columns, stride.width, padding.width, dilation.width, output_padding.width)};
    return generate(shape, [&](const Index& at) {
        const std::int64_t first_channel = at[1] / filters * depth;
        const bool is_without_padding = leaves_padding_out(groups, filters);
        double sum = bias_of(bias, at[1]);
        for (std::int64_t c = first_channel; c < first_channel + depth; ++c)
            for (std::int64_t i = 0; i < rows; ++i)
                for (std::int64_t j = 0; j < columns; ++j) {
                    // A pixel at y is spread over y * stride - padding + i * dilation.
                    const std::int64_t y = at[2] + padding.height - i * dilation.height, z = at[3] + padding.width - j * dilation.width;
                    if (y % stride.height != 0 || z % stride.width != 0) continue;
                    if (pixel.contains(y / stride.height, z / stride.width) || !is_without_padding)
                        sum += pixel(at[0], c, y / stride.height, z / stride.width) * tap(c, at[1] % filters, i, j);
                }
        return sum;
    });
}

void expect_convolutions(Expectations& book) {
    expect_conv2d(book);
    expect_conv_transpose2d(book);
    refuse_conv2d(book);
    refuse_conv_transpose2d(book);
}

}  // namespace knoll::records
