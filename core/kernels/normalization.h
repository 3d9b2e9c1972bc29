// Statistics per channel, and what normalisation does with them.
#pragma once

#include <cstdint>

namespace knoll::kernels {

/// An array [outer, channels, inner]; each channel is taken over outer and inner. The channels of batch normalisation have
/// images outside and pixels inside; the rows of layer normalisation are channels with nothing outside.
struct ChannelView {
    std::int64_t outer = 1, channels = 1, inner = 1;

    /// Values per channel.
    std::int64_t count() const { return outer * inner; }
};

/// Mean and mean squared distance from it, of each channel: one pass, and two more over channels whose first value is far from the mean.
/// Right for any mean and spread whose square a double holds.
template <class T>
void channel_statistics(const ChannelView& view, const T* x, double* mean, double* variance);

/// y = (x - mean) inverse weight + bias, where inverse is 1 / sqrt(variance + epsilon); weight and bias may be null.
template <class T>
void normalize(const ChannelView& view, const T* x, const double* mean, const double* inverse, const T* weight, const T* bias, T* y);

/// y = max((x - mean) inverse weight + bias + shortcut, 0); shortcut, of x's shape, may be null too.
template <class T>
void normalize_rectified(const ChannelView& view, const T* x, const double* mean, const double* inverse, const T* weight, const T* bias, const T* shortcut,
                         T* y);

/// Per channel: the sums of g and of g (x - mean).
template <class T>
void channel_products(const ChannelView& view, const T* g, const T* x, const double* mean, double* sum, double* product);

/// rectified = g where y > 0, and 0 elsewhere; and its channel_products().
template <class T>
void rectified_products(const ChannelView& view, const T* g, const T* y, const T* x, const double* mean, T* rectified, double* sum, double* product);

/// The gradient of normalize() in x, with mean and inverse following x, from g and its channel_products().
template <class T>
void normalize_gradient(const ChannelView& view, const T* g, const T* x, const double* mean, const double* inverse, const T* weight, const double* sum,
                        const double* product, T* gradient);

}  // namespace knoll::kernels
