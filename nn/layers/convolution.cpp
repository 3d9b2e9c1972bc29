#include <knoll/nn/layers/convolution.h>

#include <knoll/core/ops/convolution.h>
#include <knoll/nn/init.h>

#include <algorithm>
#include <cmath>

namespace knoll::nn {

namespace {

void check_channels(const char* layer, std::int64_t in, std::int64_t out, std::int64_t groups, const Size2& kernel) {
    require<ValueError>(in >= 1 && out >= 1, "[", layer, "] expected 1 or more channels, got ", in, " in and ", out, " out");
    require<ValueError>(groups >= 1 && in % groups == 0 && out % groups == 0, "[", layer, "] expected groups that divide ", in, " and ", out, " channels, got ",
                        groups);
    require<ValueError>(kernel.height >= 1 && kernel.width >= 1, "[", layer, "] expected a kernel of 1x1 or more, got ", kernel.height, "x", kernel.width);
}

}  // namespace

Conv2d::Conv2d(std::int64_t in_channels, std::int64_t out_channels, const Conv2dOptions& options) : options_(options) {
    check_channels("Conv2d", in_channels, out_channels, options.groups, options.kernel);
    weight = uninitialized_parameter({out_channels, in_channels / options.groups, options.kernel.height, options.kernel.width});
    if (options.bias) bias = uninitialized_parameter({out_channels});
}

Tensor Conv2d::forward(const Tensor& x) {
    require_initialized("Conv2d", weight);
    return conv2d(x, weight, bias, {.stride = options_.stride, .padding = options_.padding, .dilation = options_.dilation, .groups = options_.groups});
}

void Conv2d::describe(Fields& fields) {
    fields.parameter("weight", weight);
    fields.parameter("bias", bias);
}

void Conv2d::reset_parameters(Rng& rng) {
    init::kaiming_normal_(weight, rng);
    if (bias.defined()) bias.fill_(0.0);
}

ConvTranspose2d::ConvTranspose2d(std::int64_t in_channels, std::int64_t out_channels, const ConvTranspose2dOptions& options) : options_(options) {
    check_channels("ConvTranspose2d", in_channels, out_channels, options.groups, options.kernel);
    weight = uninitialized_parameter({in_channels, out_channels / options.groups, options.kernel.height, options.kernel.width});
    if (options.bias) bias = uninitialized_parameter({out_channels});
}

Tensor ConvTranspose2d::forward(const Tensor& x) {
    require_initialized("ConvTranspose2d", weight);
    return conv_transpose2d(x, weight, bias,
                            {.stride = options_.stride,
                             .padding = options_.padding,
                             .output_padding = options_.output_padding,
                             .dilation = options_.dilation,
                             .groups = options_.groups});
}

void ConvTranspose2d::describe(Fields& fields) {
    fields.parameter("weight", weight);
    fields.parameter("bias", bias);
}

void ConvTranspose2d::reset_parameters(Rng& rng) {
    // A stride spreads the window out: one output meets only every stride-th weight of it, along each side.
    const auto window = static_cast<double>(options_.kernel.height * options_.kernel.width);
    const auto stride = static_cast<double>(options_.stride.height * options_.stride.width);
    const double inputs = static_cast<double>(weight.size(0)) / static_cast<double>(options_.groups);
    init::normal_(weight, 0.0, std::sqrt(2.0 / (inputs * std::max(1.0, window / stride))), rng);
    if (bias.defined()) bias.fill_(0.0);
}

}  // namespace knoll::nn
