#include <knoll/core/autograd.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/distance.h>
#include <knoll/core/ops/matmul.h>
#include <knoll/core/ops/order.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/data/active/check.h>
#include <knoll/data/active/seeding.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace knoll::data::active {

namespace {

constexpr double equal_distance = 1e-5;  // what is nearer counts as a copy

void check_metric(const char* strategy, const Tensor& metric, std::int64_t count) {
    require<ShapeError>(metric.rank() == 1, "[", strategy, "] expected a metric [N], got shape ", metric.shape());
    check_matrix(strategy, "metric", reshape(metric, {metric.size(0), 1}));
    check_count(strategy, count, metric.size(0));
    const std::vector<double> values = metric.to_vector();
    for (std::size_t i = 0; i < values.size(); ++i)
        require<ValueError>(values[i] >= 0, "[", strategy, "] expected a metric of 0 or more, got ", values[i], " at index [", i, "]");
}

// Rows of length 1; one of zeros stays.
Tensor directions(const Tensor& features) {
    const Tensor rows = features.to(DType::f64);
    const Tensor lengths = vector_norm(rows, 1, true);
    return rows / where(lengths > 0.0, lengths, 1.0);
}

void approach(std::vector<double>& distances, const Tensor& directions, std::int64_t picked) {
    const std::vector<double> similarity = matmul(directions, select(directions, 0, picked)).to_vector();
    for (std::size_t i = 0; i < distances.size(); ++i) {
        const double distance = 1.0 - similarity[i];
        distances[i] = std::min(distances[i], distance < equal_distance ? 0.0 : distance);
    }
    distances[static_cast<std::size_t>(picked)] = 0;  // also of a row of zeros, whose similarity to itself is 0
}

// The position where the running sum of the shares passes u times their total; -1 if all are 0.
std::int64_t draw(const std::vector<double>& shares, double u) {
    const double target = u * std::accumulate(shares.begin(), shares.end(), 0.0);
    double sum = 0;
    std::int64_t last = -1;
    for (std::size_t i = 0; i < shares.size(); ++i) {
        if (shares[i] == 0) continue;
        last = static_cast<std::int64_t>(i);
        sum += shares[i];
        if (sum > target) break;
    }
    return last;
}

}  // namespace

Tensor seeding_weights(const Tensor& metric, std::int64_t count) {
    const NoGrad no_grad;
    check_metric("seeding_weights", metric, count);
    const std::int64_t pool = metric.size(0);
    Tensor weights = ones({pool}, DType::f64);
    if (count == pool) return weights;
    const Sorted sorted = sort(metric.to(DType::f64));
    const auto values = sorted.values.data<double>();
    const auto order = sorted.indices.data<std::int64_t>();
    const auto first = static_cast<std::size_t>(count);
    const auto positive = std::upper_bound(values.begin(), values.end(), 0.0);
    if (positive == values.end()) return weights;
    const double limit = std::max(values[first], *positive);
    auto* weight = weights.fresh_data<double>();
    double sum = 0;
    for (std::size_t i = first; i < values.size(); ++i) sum += weight[order[i]] = std::exp(-std::max(values[i] - limit, 0.0) / limit);
    for (std::size_t i = first; i < values.size(); ++i) weight[order[i]] = std::min(weight[order[i]] * static_cast<double>(count) / sum, 1.0);
    return weights;
}

std::vector<std::int64_t> select_by_seeding(const Tensor& metric, const Tensor& features, std::int64_t count, Rng rng) {
    const NoGrad no_grad;
    check_metric("select_by_seeding", metric, count);
    check_matrix("select_by_seeding", "features [N, D]", features);
    require<ShapeError>(features.size(0) == metric.size(0), "[select_by_seeding] expected features of ", metric.size(0), " examples, got shape ",
                        features.shape());
    std::vector<std::int64_t> picked;
    if (count == 0) return picked;
    const Tensor rows = directions(features);
    const std::vector<double> weights = seeding_weights(metric, count).to_vector();
    const Tensor by_metric = sort(metric).indices;
    const auto order = by_metric.data<std::int64_t>();
    std::vector<double> distances(weights.size(), 2.0);  // the largest there is
    std::vector<double> shares(weights.size());
    std::vector<bool> is_picked(weights.size());
    for (std::int64_t next = order[0];;) {
        picked.push_back(next);
        is_picked[static_cast<std::size_t>(next)] = true;
        if (std::ssize(picked) == count) return picked;
        approach(distances, rows, next);
        for (std::size_t i = 0; i < shares.size(); ++i) shares[i] = weights[i] * distances[i] * weights[i] * distances[i];
        next = draw(shares, rng.uniform());
        if (next < 0) next = *std::find_if(order.begin(), order.end(), [&](std::int64_t i) { return !is_picked[static_cast<std::size_t>(i)]; });
    }
}

}  // namespace knoll::data::active
