// Plain values that several files beside this one need: a layer's is that of its op.
#pragma once

#include "records/naive.h"

#include <knoll/core/ops/convolution.h>
#include <knoll/core/ops/normalization.h>
#include <knoll/core/ops/pooling.h>

#include <cstdint>
#include <vector>

namespace knoll::records {

double logistic(double x);
double softplus_of(double x);
double silu_of(double x);
double gelu_of(double x);
double gelu_tanh_of(double x);

double sum_of(const std::vector<double>& values);
double mean_of(const std::vector<double>& values);
/// NaN where one of the values is.
double largest_of(const std::vector<double>& values);

/// f of every element.
Naive mapped(const Naive& x, const std::function<double(double)>& f);
Naive rectified(const Naive& x);

// The bias may be null.
Naive convolved(const Naive& x, const Naive& weight, const Naive* bias, const Conv2dOptions& options);
Naive transposed_convolved(const Naive& x, const Naive& weight, const Naive* bias, const ConvTranspose2dOptions& options);

Naive max_pooled(const Naive& x, const Pool2dOptions& options);
Naive average_pooled(const Naive& x, const Pool2dOptions& options);
Naive adaptive_average_pooled(const Naive& x, const Size2& output);

/// x without the mean, and divided by the deviation, of all elements that are given the same key.
Naive normalized(const Naive& x, const std::function<std::int64_t(const Index&)>& key);
Naive normalized_by_batch(const Naive& x);
Naive normalized_by(const Naive& x, const Naive& mean, const Naive& variance);
/// Over the last dimensions, so many.
Naive normalized_by_layer(const Naive& x, std::int64_t dims);
Naive normalized_by_group(const Naive& x, std::int64_t groups);
/// weight[c] x + bias[c] for every channel c of [N, C, ...].
Naive scaled_by_channel(const Naive& x, const Naive& weight, const Naive& bias);
/// weight x + bias, broadcast.
Naive scaled(const Naive& x, const Naive& weight, const Naive& bias);

/// What dropout leaves, with the random numbers of a generator of this seed.
Naive dropped(const Naive& x, double probability, std::uint64_t seed);

}  // namespace knoll::records
