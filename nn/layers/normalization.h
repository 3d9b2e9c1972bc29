// Normalisation layers. initialize() sets weight 1 and bias 0.
#pragma once

#include <knoll/core/ops/normalization.h>
#include <knoll/nn/module.h>

namespace knoll::nn {

struct BatchNormOptions {
    double epsilon = 1e-5;
    double momentum = 0.1;  ///< weight of a new batch in the running statistics
    bool affine = true;     ///< scale by weight and shift by bias
};

/// Batch normalisation (Ioffe and Szegedy 2015) of each of C channels: by the batch's statistics in training, when the
/// running ones are updated too, and by the running ones in evaluation.
class BatchNorm : public Module {
public:
    Tensor forward(const Tensor& x) override;
    /// relu(forward(x) + shortcut) in fewer passes over memory; the shortcut may be undefined.
    Tensor forward_relu(const Tensor& x, const Tensor& shortcut = {});

    Tensor weight, bias;  ///< [C]; undefined unless affine
    Tensor running_mean;  ///< [C], starts at 0
    Tensor running_var;   ///< [C], unbiased, starts at 1
    Tensor num_batches_tracked;

protected:
    BatchNorm(const char* name, std::int64_t channels, const BatchNormOptions& options);

private:
    void describe(Fields& fields) override;
    void reset_parameters(Rng& rng) override;
    virtual void check_shape(const Shape& shape) const = 0;
    void check(const Tensor& x) const;
    knoll::BatchNormOptions op_options() const;
    void count_batch();

    const char* name_;
    BatchNormOptions options_;
};

/// On vectors [N, C] or sequences [N, C, L].
class BatchNorm1d final : public BatchNorm {
public:
    explicit BatchNorm1d(std::int64_t channels, const BatchNormOptions& options = {}) : BatchNorm("BatchNorm1d", channels, options) {}

private:
    void check_shape(const Shape& shape) const override;
};

/// On images [N, C, H, W].
class BatchNorm2d final : public BatchNorm {
public:
    explicit BatchNorm2d(std::int64_t channels, const BatchNormOptions& options = {}) : BatchNorm("BatchNorm2d", channels, options) {}

private:
    void check_shape(const Shape& shape) const override;
};

struct NormOptions {
    double epsilon = 1e-5;
    bool affine = true;
};

/// Normalises over the last dimensions, which have the given shape (Ba et al. 2016).
class LayerNorm final : public Module {
public:
    explicit LayerNorm(const Shape& normalized_shape, const NormOptions& options = {});
    explicit LayerNorm(std::int64_t features, const NormOptions& options = {}) : LayerNorm(Shape{features}, options) {}
    Tensor forward(const Tensor& x) override;

    Tensor weight, bias;  ///< of the normalised shape; undefined unless affine

private:
    void describe(Fields& fields) override;
    void reset_parameters(Rng& rng) override;

    Shape normalized_shape_;
    NormOptions options_;
};

/// Normalises groups of the C channels of each example [N, C, ...] (Wu and He 2018).
class GroupNorm final : public Module {
public:
    GroupNorm(std::int64_t groups, std::int64_t channels, const NormOptions& options = {});
    Tensor forward(const Tensor& x) override;

    Tensor weight, bias;  ///< [C]; undefined unless affine

private:
    void describe(Fields& fields) override;
    void reset_parameters(Rng& rng) override;

    std::int64_t groups_;
    std::int64_t channels_;
    NormOptions options_;
};

}  // namespace knoll::nn
