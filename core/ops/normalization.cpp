// All three normalisations are one op on an array [outer, channels, inner]. Its gradient comes in two forms that agree: a
// fused pass for a backward pass that is not recorded, and a composition of differentiable ops for one that is.
#include <knoll/core/kernels/normalization.h>
#include <knoll/core/ops/activation.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/normalization.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/record.h>
#include <knoll/core/storage.h>

#include <cmath>

namespace knoll {

namespace {

using kernels::ChannelView;

// f64, one value per channel.
struct Statistics {
    Tensor mean, variance, inverse;
};

Tensor inverse_deviation(const Tensor& variance, double epsilon) {
    Tensor inverse = empty(variance.shape(), DType::f64);
    const auto from = variance.data<double>();
    for (std::size_t i = 0; i < from.size(); ++i) inverse.fresh_data<double>()[i] = 1.0 / std::sqrt(from[i] + epsilon);
    return inverse;
}

Statistics statistics_of(const char* op, const Tensor& x, const ChannelView& view, double epsilon) {
    Tensor mean = empty({view.channels}, DType::f64), variance = empty({view.channels}, DType::f64);
    visit_floating(op, x.dtype(), [&](auto zero) {
        kernels::channel_statistics(view, x.data<decltype(zero)>().data(), mean.fresh_data<double>(), variance.fresh_data<double>());
    });
    const Tensor inverse = inverse_deviation(variance, epsilon);
    return {mean, variance, inverse};
}

Tensor normalized_values(const char* op, const Tensor& x, const ChannelView& view, const Statistics& statistics, const Tensor& weight, const Tensor& bias) {
    Tensor y = empty(x.shape(), x.dtype());
    visit_floating(op, x.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::normalize(view, x.data<T>().data(), statistics.mean.data<double>().data(), statistics.inverse.data<double>().data(), data_or_null<T>(weight),
                           data_or_null<T>(bias), y.fresh_data<T>());
    });
    return y;
}

// Per channel, f64: the sums of the upstream gradient and of its product with x - mean.
struct ChannelSums {
    explicit ChannelSums(const ChannelView& view) : sum(empty({view.channels}, DType::f64)), product(empty({view.channels}, DType::f64)) {}

    Tensor sum, product;
};

void normalized_gradient(const Tensor& g, const Tensor& x, const Tensor& weight, const ChannelView& view, const Statistics& statistics, const ChannelSums& sums,
                         Tensor& gradient) {
    visit_floating("normalize", x.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::normalize_gradient(view, g.data<T>().data(), x.data<T>().data(), statistics.mean.data<double>().data(),
                                    statistics.inverse.data<double>().data(), data_or_null<T>(weight), sums.sum.data<double>().data(),
                                    sums.product.data<double>().data(), gradient.fresh_data<T>());
    });
}

// The gradients of x, weight and bias.
SmallVector<Tensor> fused_gradients(const Tensor& g, const Tensor& x, const Tensor& weight, const ChannelView& view, const Statistics& statistics,
                                    const SmallVector<bool>& needed) {
    ChannelSums sums(view);
    visit_floating("normalize", x.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::channel_products(view, g.data<T>().data(), x.data<T>().data(), statistics.mean.data<double>().data(), sums.sum.fresh_data<double>(),
                                  sums.product.fresh_data<double>());
    });
    Tensor x_gradient;
    if (needed[0]) {
        x_gradient = empty(x.shape(), x.dtype());
        normalized_gradient(g, x, weight, view, statistics, sums, x_gradient);
    }
    return {x_gradient, needed[1] ? (sums.product * statistics.inverse).to(x.dtype()) : Tensor{}, needed[2] ? sums.sum.to(x.dtype()) : Tensor{}};
}

// The same behind a ReLU with the result y, and the gradient of what was added before it.
SmallVector<Tensor> fused_rectified_gradients(const Tensor& g, const Tensor& y, const Tensor& x, const Tensor& weight, const ChannelView& view,
                                              const Statistics& statistics, const SmallVector<bool>& needed) {
    ChannelSums sums(view);
    Tensor rectified = empty(x.shape(), x.dtype());
    visit_floating("normalize", x.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::rectified_products(view, g.data<T>().data(), y.data<T>().data(), x.data<T>().data(), statistics.mean.data<double>().data(),
                                    rectified.fresh_data<T>(), sums.sum.fresh_data<double>(), sums.product.fresh_data<double>());
    });
    Tensor x_gradient;
    if (needed[0]) {
        x_gradient = empty(x.shape(), x.dtype());
        normalized_gradient(rectified, x, weight, view, statistics, sums, x_gradient);
    }
    return {x_gradient, needed[1] ? (sums.product * statistics.inverse).to(x.dtype()) : Tensor{}, needed[2] ? sums.sum.to(x.dtype()) : Tensor{},
            needed[3] ? rectified : Tensor{}};
}

// The same in differentiable ops; the statistics follow x, so they are computed from it again, once a first normalisation by those
// that are known has made all numbers of the size of 1.
SmallVector<Tensor> composed_gradients(const Tensor& upstream, const Tensor& input, const Tensor& weight, const ChannelView& view, const Statistics& statistics,
                                       double epsilon, const SmallVector<bool>& needed) {
    const Shape shape{view.outer, view.channels, view.inner};
    const Dims within{0, 2};
    const Tensor x = reshape(input, shape), g = reshape(upstream, shape);
    const auto known = [&](const Tensor& of_channels) { return reshape(of_channels.to(x.dtype()), {1, view.channels, 1}); };
    const Tensor first_inverse = known(statistics.inverse);
    const Tensor first = (x - known(statistics.mean)) * first_inverse;
    const Tensor centered = first - mean(first, within, true);
    const Tensor scaled_epsilon = known(statistics.inverse * statistics.inverse * epsilon);
    const Tensor correction = pow(mean(centered * centered, within, true) + scaled_epsilon, -0.5);
    const Tensor normalized = centered * correction, inverse = first_inverse * correction;
    SmallVector<Tensor> gradients(3);
    if (needed[0]) {
        const Tensor scaled = weight.defined() ? g * reshape(weight, {1, view.channels, 1}) : g;
        const Tensor projected = scaled - mean(scaled, within, true) - normalized * mean(scaled * normalized, within, true);
        gradients[0] = reshape(inverse * projected, input.shape());
    }
    if (needed[1]) gradients[1] = sum(g * normalized, within);
    if (needed[2]) gradients[2] = sum(g, within);
    return gradients;
}

// weight and bias: one number per channel of the view, or undefined.
Tensor normalize_channels(const char* op, const Tensor& x, const ChannelView& view, const Statistics& statistics, const Tensor& weight, const Tensor& bias,
                          double epsilon) {
    return record_joint(op, normalized_values(op, x, view, statistics, weight, bias), {x, weight, bias},
                        [x = Saved(x), weight = Saved(weight), view, statistics, epsilon](const Tensor& g, const SmallVector<bool>& needed) {
                            return grad_enabled() ? composed_gradients(g, x, weight, view, statistics, epsilon, needed)
                                                  : fused_gradients(g, x, weight, view, statistics, needed);
                        });
}

// relu(normalised x + shortcut); the shortcut may be undefined.
Tensor normalize_channels_rectified(const char* op, const Tensor& x, const ChannelView& view, const Statistics& statistics, const Tensor& weight,
                                    const Tensor& bias, const Tensor& shortcut, double epsilon) {
    Tensor y = empty(x.shape(), x.dtype());
    visit_floating(op, x.dtype(), [&](auto zero) {
        using T = decltype(zero);
        kernels::normalize_rectified(view, x.data<T>().data(), statistics.mean.data<double>().data(), statistics.inverse.data<double>().data(),
                                     data_or_null<T>(weight), data_or_null<T>(bias), data_or_null<T>(shortcut), y.fresh_data<T>());
    });
    const Saved result(y.detach());
    return record_joint(op, std::move(y), {x, weight, bias, shortcut},
                        [x = Saved(x), weight = Saved(weight), result, view, statistics, epsilon](const Tensor& g, const SmallVector<bool>& needed) {
                            if (!grad_enabled()) return fused_rectified_gradients(g, result, x, weight, view, statistics, needed);
                            const Tensor rectified = where(result.get() > 0.0, g, zeros_like(g));
                            SmallVector<Tensor> gradients = composed_gradients(rectified, x, weight, view, statistics, epsilon, needed);
                            gradients.push_back(rectified);
                            return gradients;
                        });
}

// A vector with one number per channel of [N, C, ...], as [C, 1, ...].
Tensor along_channels(const Tensor& vector, std::int64_t rank) {
    Shape shape{vector.numel()};
    for (std::int64_t i = 2; i < rank; ++i) shape.push_back(1);
    return reshape(vector, shape);
}

Tensor affine(const Tensor& x, const Tensor& weight, const Tensor& bias) {
    const Tensor scaled = weight.defined() ? x * weight : x;
    return bias.defined() ? scaled + bias : scaled;
}

std::int64_t product(const Shape& shape, std::int64_t first, std::int64_t last) {
    std::int64_t count = 1;
    for (std::int64_t i = first; i < last; ++i) count *= shape[i];
    return count;
}

void require_parameter(const char* op, const char* name, const Tensor& parameter, const Shape& shape, DType dtype) {
    if (!parameter.defined()) return;
    require<ShapeError>(parameter.shape() == shape, "[", op, "] expected a ", name, " of shape ", shape, ", got ", parameter.shape());
    require<DTypeError>(parameter.dtype() == dtype, "[", op, "] expected a ", name, " of x's type ", dtype, ", got ", parameter.dtype(),
                        "; convert with .to()");
}

void require_floating(const char* op, const Tensor& x) {
    require<DTypeError>(is_floating(x.dtype()), "[", op, "] expected f32 or f64, got ", x.dtype(), "; convert with .to(DType::f32)");
}

// running = (1 - momentum) running + momentum factor batch.
void move_towards(Tensor& running, const Tensor& batch, double momentum, double factor) {
    if (!running.defined()) return;
    visit_floating("batch_norm", running.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const auto into = running.mutable_data<T>();
        const auto from = batch.data<double>();
        for (std::size_t i = 0; i < into.size(); ++i) into[i] = static_cast<T>((1.0 - momentum) * static_cast<double>(into[i]) + momentum * factor * from[i]);
    });
}

// Constant statistics: linear in x.
Tensor normalize_by_running(const Tensor& x, const ChannelView& view, const Tensor& weight, const Tensor& bias, const Tensor& mean, const Tensor& variance,
                            double epsilon) {
    const Statistics statistics{mean.detach().to(DType::f64), {}, inverse_deviation(variance.detach().to(DType::f64), epsilon)};
    const std::int64_t rank = x.rank();
    const Tensor inverse = along_channels(statistics.inverse.to(x.dtype()), rank);
    const auto sum_per_channel = [view](const Tensor& g) { return sum(reshape(g, {view.outer, view.channels, view.inner}), {0, 2}); };
    return record("batch_norm", normalized_values("batch_norm", x, view, statistics, weight, bias),
                  gradient(x, [weight = Saved(weight), inverse,
                               rank](const Tensor& g) { return g * (weight.get().defined() ? along_channels(weight, rank) * inverse : inverse); }),
                  gradient(weight, [x = Saved(x), inverse, center = along_channels(mean.detach().clone(), rank),
                                    sum_per_channel](const Tensor& g) { return sum_per_channel(g * ((x - center) * inverse)); }),
                  gradient(bias, sum_per_channel));
}

}  // namespace

namespace {

// The view of x's channels, after all checks.
ChannelView batch_norm_view(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& running_mean, const Tensor& running_var,
                            bool training) {
    require<ShapeError>(x.rank() >= 2, "[", op, "] expected x of shape [N, C] or [N, C, ...], got ", x.shape());
    require_floating(op, x);
    const Shape per_channel{x.size(1)};
    require_parameter(op, "weight", weight, per_channel, x.dtype());
    require_parameter(op, "bias", bias, per_channel, x.dtype());
    require_parameter(op, "running mean", running_mean, per_channel, x.dtype());
    require_parameter(op, "running variance", running_var, per_channel, x.dtype());
    const ChannelView view{x.size(0), x.size(1), product(x.shape(), 2, x.rank())};
    require<ValueError>(training || (running_mean.defined() && running_var.defined()), "[", op,
                        "] expected running statistics where training is off, got none; train first, or set training");
    require<ShapeError>(!training || view.count() > 1, "[", op, "] expected more than one value per channel where training is on, got x ", x.shape(),
                        "; use a larger batch");
    return view;
}

// Of the batch; the running ones follow.
Statistics batch_statistics(const char* op, const Tensor& x, const ChannelView& view, Tensor& running_mean, Tensor& running_var,
                            const BatchNormOptions& options) {
    Statistics statistics = statistics_of(op, x, view, options.epsilon);
    const auto count = static_cast<double>(view.count());
    move_towards(running_mean, statistics.mean, options.momentum, 1.0);
    move_towards(running_var, statistics.variance, options.momentum, count / (count - 1.0));
    return statistics;
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor running_mean, Tensor running_var, const BatchNormOptions& options) {
    const ChannelView view = batch_norm_view("batch_norm", x, weight, bias, running_mean, running_var, options.training);
    if (!options.training) return normalize_by_running(x, view, weight, bias, running_mean, running_var, options.epsilon);
    const Statistics statistics = batch_statistics("batch_norm", x, view, running_mean, running_var, options);
    return normalize_channels("batch_norm", x, view, statistics, weight, bias, options.epsilon);
}

Tensor batch_norm_relu(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor running_mean, Tensor running_var, const BatchNormOptions& options,
                       const Tensor& shortcut) {
    const ChannelView view = batch_norm_view("batch_norm_relu", x, weight, bias, running_mean, running_var, options.training);
    require_parameter("batch_norm_relu", "shortcut", shortcut, x.shape(), x.dtype());
    if (!options.training) {
        const Tensor normalized = normalize_by_running(x, view, weight, bias, running_mean, running_var, options.epsilon);
        return relu(shortcut.defined() ? normalized + shortcut : normalized);
    }
    const Statistics statistics = batch_statistics("batch_norm_relu", x, view, running_mean, running_var, options);
    return normalize_channels_rectified("batch_norm_relu", x, view, statistics, weight, bias, shortcut, options.epsilon);
}

Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight, const Tensor& bias, double epsilon) {
    require_floating("layer_norm", x);
    const std::int64_t leading = x.rank() - normalized_shape.rank();
    require<ShapeError>(!normalized_shape.empty(), "[layer_norm] expected at least one dimension to normalise, got a shape ", normalized_shape);
    bool fits = leading >= 0;
    for (std::int64_t i = 0; fits && i < normalized_shape.rank(); ++i) fits = x.shape()[leading + i] == normalized_shape[i];
    require<ShapeError>(fits, "[layer_norm] expected x whose last dimensions are ", normalized_shape, ", got ", x.shape());
    require_parameter("layer_norm", "weight", weight, normalized_shape, x.dtype());
    require_parameter("layer_norm", "bias", bias, normalized_shape, x.dtype());
    const ChannelView rows{1, product(x.shape(), 0, leading), normalized_shape.numel()};
    return affine(normalize_channels("layer_norm", x, rows, statistics_of("layer_norm", x, rows, epsilon), {}, {}, epsilon), weight, bias);
}

Tensor group_norm(const Tensor& x, std::int64_t groups, const Tensor& weight, const Tensor& bias, double epsilon) {
    require<ShapeError>(x.rank() >= 2, "[group_norm] expected x of shape [N, C] or [N, C, ...], got ", x.shape());
    require_floating("group_norm", x);
    require<ValueError>(groups > 0, "[group_norm] expected at least 1 group, got ", groups);
    const std::int64_t channels = x.size(1);
    require<ShapeError>(channels % groups == 0, "[group_norm] expected channels that ", groups, " groups divide, got ", channels, " in x ", x.shape());
    require_parameter("group_norm", "weight", weight, {channels}, x.dtype());
    require_parameter("group_norm", "bias", bias, {channels}, x.dtype());
    const ChannelView view{1, x.size(0) * groups, channels / groups * product(x.shape(), 2, x.rank())};
    const Tensor normalized = normalize_channels("group_norm", x, view, statistics_of("group_norm", x, view, epsilon), {}, {}, epsilon);
    return affine(normalized, weight.defined() ? along_channels(weight, x.rank()) : Tensor{}, bias.defined() ? along_channels(bias, x.rank()) : Tensor{});
}

}  // namespace knoll
