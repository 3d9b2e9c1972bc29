// The convolution is linear in x and in the weight, so each of the three ops below has the other two as its gradients:
//     convolution      (x, weight) -> out
//     adjoint_input    (out, weight) -> x
//     adjoint_weight   (x, out) -> weight
#include <knoll/core/kernels/convolution.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/convolution.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/record.h>
#include <knoll/core/storage.h>

namespace knoll {

namespace {

using kernels::ConvolutionGeometry;

Tensor sum_per_channel(const Tensor& g) { return sum(g, {0, 2, 3}); }

Tensor adjoint_input(const char* name, const Tensor& out, const Tensor& weight, const Tensor& bias, const ConvolutionGeometry& geometry);
Tensor adjoint_weight(const Tensor& x, const Tensor& out, const ConvolutionGeometry& geometry);

Tensor convolution(const char* name, const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvolutionGeometry& geometry) {
    Tensor out = empty({geometry.images, geometry.groups * geometry.out_channels, geometry.out.height, geometry.out.width}, x.dtype());
    visit_floating(name, x.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::convolve(geometry, x.data<T>().data(), weight.data<T>().data(), data_or_null<T>(bias), out.fresh_data<T>());
    });
    return record(name, std::move(out),
                  gradient(x, [weight = Saved(weight), geometry](const Tensor& g) { return adjoint_input("conv2d_adjoint_input", g, weight, {}, geometry); }),
                  gradient(weight, [x = Saved(x), geometry](const Tensor& g) { return adjoint_weight(x, g, geometry); }), gradient(bias, sum_per_channel));
}

Tensor adjoint_input(const char* name, const Tensor& out, const Tensor& weight, const Tensor& bias, const ConvolutionGeometry& geometry) {
    Tensor x = empty({geometry.images, geometry.groups * geometry.in_channels, geometry.in.height, geometry.in.width}, out.dtype());
    visit_floating(name, out.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::convolve_adjoint_input(geometry, out.data<T>().data(), weight.data<T>().data(), data_or_null<T>(bias), x.fresh_data<T>());
    });
    return record(
        name, std::move(x), gradient(out, [weight = Saved(weight), geometry](const Tensor& g) { return convolution("conv2d", g, weight, {}, geometry); }),
        gradient(weight, [out = Saved(out), geometry](const Tensor& g) { return adjoint_weight(g, out, geometry); }), gradient(bias, sum_per_channel));
}

Tensor adjoint_weight(const Tensor& x, const Tensor& out, const ConvolutionGeometry& geometry) {
    Tensor weight = empty({geometry.groups * geometry.out_channels, geometry.in_channels, geometry.kernel.height, geometry.kernel.width}, x.dtype());
    visit_floating("conv2d_adjoint_weight", x.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::convolve_adjoint_weight(geometry, x.data<T>().data(), out.data<T>().data(), weight.fresh_data<T>());
    });
    return record("conv2d_adjoint_weight", std::move(weight),
                  gradient(x, [out = Saved(out), geometry](const Tensor& g) { return adjoint_input("conv2d_adjoint_input", out, g, {}, geometry); }),
                  gradient(out, [x = Saved(x), geometry](const Tensor& g) { return convolution("conv2d", x, g, {}, geometry); }));
}

void require_operands(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias) {
    require<ShapeError>(x.rank() == 4, "[", op, "] expected x of shape [N, C, H, W], got ", x.shape(),
                        x.rank() == 3 ? "; add a batch dimension with unsqueeze(x, 0)" : "");
    require<ShapeError>(weight.rank() == 4, "[", op, "] expected a weight of four dimensions, got ", weight.shape());
    require<ShapeError>(weight.size(2) > 0 && weight.size(3) > 0, "[", op, "] expected a kernel of at least 1 x 1, got a weight of shape ", weight.shape());
    for (const Tensor* other : {&weight, &bias})
        if (other->defined())
            require<DTypeError>(other->dtype() == x.dtype() && is_floating(x.dtype()), "[", op, "] expected x, weight and bias of one type, f32 or f64, got ",
                                x.dtype(), " and ", other->dtype(), "; convert with .to()");
}

void require_bias(const char* op, const Tensor& bias, std::int64_t channels) {
    if (!bias.defined()) return;
    require<ShapeError>(bias.shape() == Shape{channels}, "[", op, "] expected a bias of shape [", channels, "], one per output channel, got ", bias.shape());
}

void require_options(const char* op, const Size2& stride, const Size2& padding, const Size2& dilation, std::int64_t groups) {
    require<ValueError>(stride.height > 0 && stride.width > 0, "[", op, "] expected a stride of at least 1, got ", to_text(stride));
    require<ValueError>(padding.height >= 0 && padding.width >= 0, "[", op, "] expected a padding of at least 0, got ", to_text(padding));
    require<ValueError>(dilation.height > 0 && dilation.width > 0, "[", op, "] expected a dilation of at least 1, got ", to_text(dilation));
    require<ValueError>(groups > 0, "[", op, "] expected at least 1 group, got ", groups);
}

// The pixels that a kernel with gaps covers along one dimension.
std::int64_t reach(std::int64_t kernel, std::int64_t dilation) { return dilation * (kernel - 1) + 1; }

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dOptions& options) {
    const auto& [stride, padding, dilation, groups] = options;
    require_operands("conv2d", x, weight, bias);
    require_options("conv2d", stride, padding, dilation, groups);
    const std::int64_t channels = x.size(1), filters = weight.size(0);
    require<ShapeError>(channels % groups == 0 && filters % groups == 0, "[conv2d] expected channels that ", groups, " groups divide, got ", channels,
                        " in and ", filters, " out");
    require<ShapeError>(weight.size(1) * groups == channels, "[conv2d] expected a weight of shape [O, ", channels / groups, ", KH, KW] for x ", x.shape(),
                        " and ", groups, groups == 1 ? " group" : " groups", ", got ", weight.shape());
    require_bias("conv2d", bias, filters);
    const Size2 kernel{weight.size(2), weight.size(3)};
    const Size2 padded{x.size(2) + 2 * padding.height, x.size(3) + 2 * padding.width};
    const Size2 covered{reach(kernel.height, dilation.height), reach(kernel.width, dilation.width)};
    require<ShapeError>(covered.height <= padded.height && covered.width <= padded.width, "[conv2d] expected x [N, C, H, W] of at least ", covered.height,
                        " x ", covered.width, " pixels with its padding, what the kernel covers, got ", padded.height, " x ", padded.width, " from x ",
                        x.shape());
    const ConvolutionGeometry geometry{
        .images = x.size(0),
        .groups = groups,
        .in_channels = channels / groups,
        .out_channels = filters / groups,
        .in = {x.size(2), x.size(3)},
        .out = {(padded.height - covered.height) / stride.height + 1, (padded.width - covered.width) / stride.width + 1},
        .kernel = kernel,
        .stride = stride,
        .padding = padding,
        .dilation = dilation,
    };
    return convolution("conv2d", x, weight, bias, geometry);
}

Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvTranspose2dOptions& options) {
    const auto& [stride, padding, output_padding, dilation, groups] = options;
    require_operands("conv_transpose2d", x, weight, bias);
    require_options("conv_transpose2d", stride, padding, dilation, groups);
    require<ValueError>(output_padding.height >= 0 && output_padding.width >= 0 && output_padding.height < std::max(stride.height, dilation.height) &&
                            output_padding.width < std::max(stride.width, dilation.width),
                        "[conv_transpose2d] expected an output padding of at least 0 and below stride or dilation, got ", to_text(output_padding),
                        " for stride ", to_text(stride), " and dilation ", to_text(dilation));
    const std::int64_t channels = x.size(1);
    require<ShapeError>(channels % groups == 0, "[conv_transpose2d] expected channels that ", groups, " groups divide, got ", channels, " in x ", x.shape());
    require<ShapeError>(weight.size(0) == channels, "[conv_transpose2d] expected a weight of shape [", channels, ", O/groups, KH, KW] for x ", x.shape(),
                        ", got ", weight.shape());
    require_bias("conv_transpose2d", bias, weight.size(1) * groups);
    const Size2 kernel{weight.size(2), weight.size(3)};
    const Size2 result{(x.size(2) - 1) * stride.height - 2 * padding.height + reach(kernel.height, dilation.height) + output_padding.height,
                       (x.size(3) - 1) * stride.width - 2 * padding.width + reach(kernel.width, dilation.width) + output_padding.width};
    require<ShapeError>(result.height > 0 && result.width > 0, "[conv_transpose2d] expected a result of at least 1 x 1 pixels, got ", result.height, " x ",
                        result.width, " from x ", x.shape(), "; use less padding");
    const ConvolutionGeometry geometry{
        .images = x.size(0),
        .groups = groups,
        .in_channels = weight.size(1),
        .out_channels = channels / groups,
        .in = result,
        .out = {x.size(2), x.size(3)},
        .kernel = kernel,
        .stride = stride,
        .padding = padding,
        .dilation = dilation,
    };
    return adjoint_input("conv_transpose2d", x, weight, bias, geometry);
}

}  // namespace knoll
