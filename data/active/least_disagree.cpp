#include <knoll/core/autograd.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/matmul.h>
#include <knoll/core/ops/order.h>
#include <knoll/core/ops/random.h>
#include <knoll/data/active/check.h>
#include <knoll/data/active/least_disagree.h>

#include <cmath>
#include <limits>

namespace knoll::data::active {

namespace {

constexpr const char* name = "least_disagree_metric";

Tensor answers(const Tensor& features, const LastLayer& layer) { return argmax(linear(features, layer.weight, layer.bias), 1); }

LastLayer perturbed(const LastLayer& layer, double deviation, Rng rng) {
    const DType dtype = layer.weight.dtype();
    const Tensor weight = layer.weight + deviation * randn(layer.weight.shape(), rng, dtype);
    return {weight, layer.bias + deviation * randn(layer.bias.shape(), rng, dtype)};
}

double share_of_changes(const Tensor& before, const Tensor& after) {
    const auto a = before.data<std::int64_t>(), b = after.data<std::int64_t>();
    std::int64_t changes = 0;
    for (std::size_t i = 0; i < a.size(); ++i) changes += a[i] != b[i] ? 1 : 0;
    return static_cast<double>(changes) / static_cast<double>(a.size());
}

// Lowers the metric to the share where an answer has changed; true if that lowered any.
bool lower(std::span<double> metric, const Tensor& before, const Tensor& after, double share) {
    const auto a = before.data<std::int64_t>(), b = after.data<std::int64_t>();
    bool lowered = false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] == b[i] || share >= metric[i]) continue;
        metric[i] = share;
        lowered = true;
    }
    return lowered;
}

void check(const Tensor& pool, const Tensor& sample, const LastLayer& layer, const LeastDisagreeOptions& options) {
    check_matrix(name, "features [N, D] of the pool", pool);
    check_matrix(name, "features [M, D] of the sample", sample);
    check_matrix(name, "weights [K, D]", layer.weight);
    require<ShapeError>(layer.bias.shape() == Shape{layer.weight.size(0)}, "[", name, "] expected a bias of shape ", Shape{layer.weight.size(0)}, ", got ",
                        layer.bias.shape());
    require<ShapeError>(sample.size(1) == pool.size(1) && layer.weight.size(1) == pool.size(1), "[", name,
                        "] expected pool, sample and weights of one width, got shapes ", pool.shape(), ", ", sample.shape(), " and ", layer.weight.shape());
    require<ValueError>(sample.size(0) > 0, "[", name, "] expected a sample of 1 example or more, got none");
    require<ValueError>(options.smallest_deviation > 0 && options.smallest_deviation <= 1, "[", name, "] expected a smallest deviation in (0, 1], got ",
                        options.smallest_deviation);
    require<ValueError>(options.deviations >= 1 && options.patience >= 1 && options.at_most >= 0, "[", name,
                        "] expected 1 or more deviations, a patience of 1 or more and at most 0 or more models, got ", options.deviations, ", ",
                        options.patience, " and ", options.at_most);
}

// Number i of those from the smallest to 1.
double deviation(const LeastDisagreeOptions& options, int i) {
    return options.deviations == 1 ? 1.0 : std::pow(options.smallest_deviation, 1.0 - static_cast<double>(i) / (options.deviations - 1));
}

}  // namespace

Tensor least_disagree_metric(const Tensor& pool, const Tensor& sample, const LastLayer& layer, const LeastDisagreeOptions& options, Rng rng) {
    const NoGrad no_grad;
    check(pool, sample, layer, options);
    const bool alike = pool.is_same(sample);
    const Tensor pool_answers = answers(pool, layer), sample_answers = alike ? pool_answers : answers(sample, layer);
    Tensor metric = ones({pool.size(0)}, DType::f64);
    const std::span<double> values{metric.fresh_data<double>(), static_cast<std::size_t>(pool.size(0))};
    for (int i = 0; i < options.deviations; ++i) {
        const Rng noise = rng.fork(static_cast<std::uint64_t>(i));
        int in_vain = 0;
        // It ends: each model that is not in vain lowers one of N numbers, each to one of M + 1 values.
        for (int model = 0; in_vain < options.patience && (options.at_most == 0 || model < options.at_most); ++model) {
            const LastLayer other = perturbed(layer, deviation(options, i), noise.fork(static_cast<std::uint64_t>(model)));
            const Tensor pool_others = answers(pool, other);
            const double share = share_of_changes(sample_answers, alike ? pool_others : answers(sample, other));
            in_vain = lower(values, pool_answers, pool_others, share) ? 0 : in_vain + 1;
        }
    }
    return metric;
}

}  // namespace knoll::data::active
