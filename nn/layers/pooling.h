// Pooling layers on images [N, C, H, W].
#pragma once

#include <knoll/core/ops/pooling.h>
#include <knoll/nn/module.h>

namespace knoll::nn {

struct MaxPool2dOptions {
    std::optional<Size2> stride = {};  ///< the kernel's size unless given
    Size2 padding = 0;
};

/// The largest value of each window.
class MaxPool2d final : public Module {
public:
    explicit MaxPool2d(const Size2& kernel, const MaxPool2dOptions& options = {})
        : options_{.kernel = kernel, .stride = options.stride, .padding = options.padding} {}
    Tensor forward(const Tensor& x) override { return max_pool2d(x, options_); }

private:
    Pool2dOptions options_;
};

struct AvgPool2dOptions {
    std::optional<Size2> stride = {};  ///< the kernel's size unless given
    Size2 padding = 0;
    bool count_padding = true;  ///< padding counts as zeros
};

/// The mean of each window.
class AvgPool2d final : public Module {
public:
    explicit AvgPool2d(const Size2& kernel, const AvgPool2dOptions& options = {})
        : options_{.kernel = kernel, .stride = options.stride, .padding = options.padding, .count_padding = options.count_padding} {}
    Tensor forward(const Tensor& x) override { return avg_pool2d(x, options_); }

private:
    Pool2dOptions options_;
};

/// Means over windows that divide any image into the given number of rows and columns.
class AdaptiveAvgPool2d final : public Module {
public:
    explicit AdaptiveAvgPool2d(const Size2& output) : output_(output) {}
    Tensor forward(const Tensor& x) override { return adaptive_avg_pool2d(x, output_); }

private:
    Size2 output_;
};

}  // namespace knoll::nn
