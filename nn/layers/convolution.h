// Convolution layers on images [N, C, H, W].
#pragma once

#include <knoll/core/ops/size2.h>
#include <knoll/nn/module.h>

namespace knoll::nn {

struct Conv2dOptions {
    Size2 kernel = 3;
    Size2 stride = 1;
    Size2 padding = 0;
    Size2 dilation = 1;
    std::int64_t groups = 1;  ///< as many as input channels: depthwise
    bool bias = true;
};

/// Cross-correlation with weight [out, in / groups, KH, KW], plus bias [out]. initialize(): Kaiming normal, bias 0.
class Conv2d final : public Module {
public:
    Conv2d(std::int64_t in_channels, std::int64_t out_channels, const Conv2dOptions& options = {});
    Tensor forward(const Tensor& x) override;
    const Conv2dOptions& options() const { return options_; }

    Tensor weight;
    Tensor bias;  ///< undefined without bias

private:
    void describe(Fields& fields) override;
    void reset_parameters(Rng& rng) override;

    Conv2dOptions options_;
};

struct ConvTranspose2dOptions {
    Size2 kernel = 3;
    Size2 stride = 1;
    Size2 padding = 0;
    Size2 output_padding = 0;
    Size2 dilation = 1;
    std::int64_t groups = 1;
    bool bias = true;
};

/// The adjoint of a convolution, which enlarges by its stride: weight [in, out / groups, KH, KW], bias [out].
/// initialize(): normal with variance 2 / (values added into one output), bias 0.
class ConvTranspose2d final : public Module {
public:
    ConvTranspose2d(std::int64_t in_channels, std::int64_t out_channels, const ConvTranspose2dOptions& options = {});
    Tensor forward(const Tensor& x) override;
    const ConvTranspose2dOptions& options() const { return options_; }

    Tensor weight;
    Tensor bias;  ///< undefined without bias

private:
    void describe(Fields& fields) override;
    void reset_parameters(Rng& rng) override;

    ConvTranspose2dOptions options_;
};

}  // namespace knoll::nn
