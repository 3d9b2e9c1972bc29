#include <knoll/nn/layers/normalization.h>

#include <knoll/core/ops/normalization.h>

namespace knoll::nn {

namespace {

void reset_affine(Tensor& weight, Tensor& bias) {
    if (!weight.defined()) return;
    weight.fill_(1.0);
    bias.fill_(0.0);
}

}  // namespace

BatchNorm::BatchNorm(const char* name, std::int64_t channels, const BatchNormOptions& options) : name_(name), options_(options) {
    require<ValueError>(channels >= 1, "[", name, "] expected 1 or more channels, got ", channels);
    if (options.affine) {
        weight = uninitialized_parameter({channels});
        bias = uninitialized_parameter({channels});
    }
    running_mean = zeros({channels});
    running_var = ones({channels});
    num_batches_tracked = zeros({}, DType::i64);
}

Tensor BatchNorm::forward(const Tensor& x) {
    check(x);
    Tensor y = batch_norm(x, weight, bias, running_mean, running_var, op_options());
    count_batch();
    return y;
}

Tensor BatchNorm::forward_relu(const Tensor& x, const Tensor& shortcut) {
    check(x);
    Tensor y = batch_norm_relu(x, weight, bias, running_mean, running_var, op_options(), shortcut);
    count_batch();
    return y;
}

void BatchNorm::check(const Tensor& x) const {
    if (weight.defined()) require_initialized(name_, weight);
    check_shape(x.shape());
}

knoll::BatchNormOptions BatchNorm::op_options() const { return {.training = training(), .momentum = options_.momentum, .epsilon = options_.epsilon}; }

void BatchNorm::count_batch() {
    if (training()) ++num_batches_tracked.mutable_data<std::int64_t>()[0];
}

void BatchNorm::describe(Fields& fields) {
    fields.parameter("weight", weight);
    fields.parameter("bias", bias);
    fields.buffer("running_mean", running_mean);
    fields.buffer("running_var", running_var);
    fields.buffer("num_batches_tracked", num_batches_tracked);
}

void BatchNorm::reset_parameters(Rng&) {
    reset_affine(weight, bias);
    running_mean.fill_(0.0);
    running_var.fill_(1.0);
    num_batches_tracked.fill_(0.0);
}

void BatchNorm1d::check_shape(const Shape& shape) const {
    require<ShapeError>((shape.rank() == 2 || shape.rank() == 3) && shape[1] == running_mean.numel(), "[BatchNorm1d] expected shape [N, ", running_mean.numel(),
                        "] or [N, ", running_mean.numel(), ", L], got ", shape);
}

void BatchNorm2d::check_shape(const Shape& shape) const {
    require<ShapeError>(shape.rank() == 4 && shape[1] == running_mean.numel(), "[BatchNorm2d] expected shape [N, ", running_mean.numel(), ", H, W], got ",
                        shape);
}

LayerNorm::LayerNorm(const Shape& normalized_shape, const NormOptions& options) : normalized_shape_(normalized_shape), options_(options) {
    require<ValueError>(normalized_shape.rank() >= 1 && normalized_shape.numel() >= 1, "[LayerNorm] expected one or more dimensions to normalise, got ",
                        normalized_shape);
    if (!options.affine) return;
    weight = uninitialized_parameter(normalized_shape);
    bias = uninitialized_parameter(normalized_shape);
}

Tensor LayerNorm::forward(const Tensor& x) {
    if (weight.defined()) require_initialized("LayerNorm", weight);
    return layer_norm(x, normalized_shape_, weight, bias, options_.epsilon);
}

void LayerNorm::describe(Fields& fields) {
    fields.parameter("weight", weight);
    fields.parameter("bias", bias);
}

void LayerNorm::reset_parameters(Rng&) { reset_affine(weight, bias); }

GroupNorm::GroupNorm(std::int64_t groups, std::int64_t channels, const NormOptions& options) : groups_(groups), channels_(channels), options_(options) {
    require<ValueError>(groups >= 1 && channels >= 1 && channels % groups == 0, "[GroupNorm] expected groups that divide ", channels, " channels, got ",
                        groups);
    if (!options.affine) return;
    weight = uninitialized_parameter({channels});
    bias = uninitialized_parameter({channels});
}

Tensor GroupNorm::forward(const Tensor& x) {
    if (weight.defined()) require_initialized("GroupNorm", weight);
    require<ShapeError>(x.rank() >= 2 && x.size(1) == channels_, "[GroupNorm] expected shape [N, ", channels_, ", ...], got ", x.shape());
    return group_norm(x, groups_, weight, bias, options_.epsilon);
}

void GroupNorm::describe(Fields& fields) {
    fields.parameter("weight", weight);
    fields.parameter("bias", bias);
}

void GroupNorm::reset_parameters(Rng&) { reset_affine(weight, bias); }

}  // namespace knoll::nn
