#include "support/close.h"
#include "support/threads.h"

#include <knoll/core/ops/ops.h>
#include <knoll/data/active/least_disagree.h>
#include <knoll/data/active/seeding.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <set>

using namespace knoll;
using namespace knoll::data::active;
using Positions = std::vector<std::int64_t>;

namespace {

std::size_t naive_answer(const Tensor& features, std::int64_t row, const Tensor& weight, const Tensor& bias) {
    std::vector<double> logits;
    for (std::int64_t k = 0; k < weight.size(0); ++k) {
        double logit = bias.at<double>(k);
        for (std::int64_t d = 0; d < weight.size(1); ++d) logit += features.at<double>(row, d) * weight.at<double>(k, d);
        logits.push_back(logit);
    }
    return static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

// The algorithm as the paper prints it, element by element.
std::vector<double> naive_metric(const Tensor& pool, const Tensor& sample, const LastLayer& layer, int deviations, int patience, const Rng& rng) {
    std::vector<double> metric(static_cast<std::size_t>(pool.size(0)), 1.0);
    for (int k = 0; k < deviations; ++k) {
        const double deviation = std::pow(10.0, -5.0 + 5.0 * k / (deviations - 1));
        int count = 0;
        for (std::uint64_t model = 0; count < patience; ++model) {
            Rng noise = rng.fork(static_cast<std::uint64_t>(k)).fork(model);
            const Tensor weight = layer.weight + deviation * randn(layer.weight.shape(), noise, DType::f64);
            const Tensor bias = layer.bias + deviation * randn(layer.bias.shape(), noise, DType::f64);
            double changed = 0;
            for (std::int64_t i = 0; i < sample.size(0); ++i)
                changed += naive_answer(sample, i, weight, bias) != naive_answer(sample, i, layer.weight, layer.bias) ? 1 : 0;
            ++count;
            for (std::int64_t i = 0; i < pool.size(0); ++i) {
                double& value = metric[static_cast<std::size_t>(i)];
                if (naive_answer(pool, i, weight, bias) == naive_answer(pool, i, layer.weight, layer.bias) ||
                    changed / static_cast<double>(sample.size(0)) >= value)
                    continue;
                value = changed / static_cast<double>(sample.size(0));
                count = 0;
            }
        }
    }
    return metric;
}

std::vector<double> naive_weights(const std::vector<double>& metric, std::size_t count) {
    std::vector<double> sorted = metric;
    std::sort(sorted.begin(), sorted.end());
    double limit = sorted[count];
    for (std::size_t i = 0; limit == 0; ++i) limit = sorted[i];
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t i = 0; i < metric.size(); ++i) order.emplace_back(metric[i], i);
    std::stable_sort(order.begin(), order.end());
    std::vector<double> weights(metric.size());
    double sum = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        weights[order[i].second] = std::exp(-std::max(order[i].first - limit, 0.0) / limit);
        if (i >= count) sum += weights[order[i].second];
    }
    for (std::size_t i = count; i < order.size(); ++i) weights[order[i].second] *= static_cast<double>(count) / sum;
    for (double& weight : weights) weight = std::min(weight, 1.0);
    return weights;
}

bool all_distinct(const Positions& positions) { return std::set<std::int64_t>(positions.begin(), positions.end()).size() == positions.size(); }

}  // namespace

TEST_CASE("the least disagree metric is that of plain loops on the same noise") {
    Rng rng{1};
    const LastLayer layer{randn({3, 4}, rng, DType::f64), randn({3}, rng, DType::f64)};
    const Tensor pool = randn({17, 4}, rng, DType::f64), sample = randn({23, 4}, rng, DType::f64);
    const Tensor metric = least_disagree_metric(pool, sample, layer, {.deviations = 11, .patience = 3}, Rng{5});
    const std::vector<double> expected = naive_metric(pool, sample, layer, 11, 3, Rng{5});
    CHECK(metric.to_vector() == expected);
    CHECK(*std::min_element(expected.begin(), expected.end()) < *std::max_element(expected.begin(), expected.end()));
    check_same_bits([&] { return std::vector<Tensor>{least_disagree_metric(pool, sample, layer, {.deviations = 5, .patience = 2}, Rng{5})}; });
}

TEST_CASE("examples nearer to the boundary of a linear classifier have a smaller least disagree metric") {
    // Two classes split at x = 0. A model that moves the boundary beyond x changes the answers of all between.
    const LastLayer layer{tensor({{0, 1}, {0, -1}}, DType::f64), zeros({2}, DType::f64)};
    Tensor sample = empty({200, 2}, DType::f64);
    auto values = sample.mutable_data<double>();
    for (std::size_t i = 0; i < 200; ++i) values[2 * i] = 1, values[2 * i + 1] = (static_cast<double>(i) + 0.5) / 100 - 1;
    const Tensor pool = tensor({{1, 0.9}, {1, 0.3}, {1, 0.1}, {1, 0.02}}, DType::f64);
    const std::vector<double> metric = least_disagree_metric(pool, sample, layer, {}, Rng{2}).to_vector();
    CHECK(std::is_sorted(metric.rbegin(), metric.rend()));
    for (std::size_t i = 0; i < 4; ++i) CHECK(metric[i] == Approx(pool.at<double>(static_cast<std::int64_t>(i), 1) / 2).margin(0.03));
    // The scale of the logits does not matter much: ten times the weights, and nearly the same numbers.
    const LastLayer larger{10.0 * layer.weight, layer.bias};
    CHECK(least_disagree_metric(pool, sample, larger, {.deviations = 81}, Rng{2}).at<double>(3) == Approx(0.01).margin(0.03));
}

TEST_CASE("an answer that changes in the pool and nowhere in the sample has the metric 0, one that never changes 1") {
    const LastLayer layer{tensor({{1}, {-1}}, DType::f64), zeros({2}, DType::f64)};
    const Tensor pool = tensor({{0}, {1e9}}, DType::f64), sample = tensor({{1e9}}, DType::f64);
    CHECK(least_disagree_metric(pool, sample, layer, {.deviations = 3}, Rng{}).to_vector() == std::vector<double>{0, 1});
    CHECK(least_disagree_metric(zeros({0, 1}, DType::f64), sample, layer, {}, Rng{}).numel() == 0);
    CHECK(least_disagree_metric(zeros({2, 1}), zeros({1, 1}), {zeros({1, 1}), zeros({1})}, {.deviations = 1}, Rng{}).to_vector() ==
          std::vector<double>{1, 1});  // a single class
}

TEST_CASE("seeding weights are 1 for the smallest and fall beyond, as in plain loops") {
    Rng rng{3};
    const Tensor metric = square(randn({25}, rng, DType::f64));
    for (const std::int64_t count : {1, 6, 24})
        check_close(seeding_weights(metric, count), tensor(naive_weights(metric.to_vector(), static_cast<std::size_t>(count)), {25}, DType::f64), 1e-12, 1e-15);
    CHECK(seeding_weights(metric, 25).to_vector() == std::vector<double>(25, 1.0));
    // More zeros than are asked for: the smallest positive metric takes the place of L.
    const Tensor zeros_first = tensor({0, 0.5, 0, 0, 0.25}, DType::f64);
    check_close(seeding_weights(zeros_first, 2), tensor(naive_weights(zeros_first.to_vector(), 2), {5}, DType::f64), 1e-12, 0);
    CHECK(seeding_weights(zeros({4}), 2).to_vector() == std::vector<double>(4, 1.0));
}

TEST_CASE("seeding begins with the smallest metric and draws by squared weight and distance") {
    // After row 0, rows 1 to 3 are at cosine distances 1, 2 and 0 with equal weights: shares 1/5, 4/5 and 0.
    const Tensor features = tensor({{1, 0}, {0, 1}, {-1, 0}, {2, 0}}, DType::f64), metric = tensor({0.1, 0.2, 0.2, 0.2}, DType::f64);
    const std::vector<double> weights = seeding_weights(metric, 2).to_vector();
    CHECK(weights[1] == weights[2]);
    int second = 0;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        const Positions picked = select_by_seeding(metric, features, 2, Rng{seed});
        CHECK(picked[0] == 0);
        CHECK((picked[1] == 1 || picked[1] == 2));
        second += picked[1] == 2 ? 1 : 0;
    }
    CHECK(second == Approx(800).margin(5 * std::sqrt(160)));
    CHECK(select_by_seeding(metric, features, 3, Rng{9}) == select_by_seeding(metric, features, 3, Rng{9}));
    for (const double size : {1e200, 1e-200})  // whose squares overflow or vanish
        CHECK(select_by_seeding(metric, features.to(DType::f64) * size, 3, Rng{9}) == select_by_seeding(metric, features, 3, Rng{9}));
}

TEST_CASE("seeding ends where fewer distinct examples are left than are asked for") {
    const Tensor metric = tensor({0.3, 0.1, 0.2, 0.1, 0.4}, DType::f64);
    CHECK(select_by_seeding(metric, ones({5, 3}), 5, Rng{}) == Positions{1, 3, 2, 0, 4});  // all rows alike: by metric
    const Positions picked = select_by_seeding(zeros({5}), tensor({{0, 0}, {0, 0}, {1, 0}, {1, 0}, {0, 1}}), 5, Rng{});
    CHECK(all_distinct(picked));
    CHECK(picked[0] == 0);
    CHECK(select_by_seeding(metric, ones({5, 3}), 0, Rng{}).empty());
    CHECK(select_by_seeding(zeros({0}), zeros({0, 3}), 0, Rng{}).empty());
}

TEST_CASE("the least disagree metric and its seeding refuse what does not fit together") {
    const LastLayer layer{zeros({2, 3}), zeros({2})};
    const auto metric = [&](const Tensor& pool, const Tensor& sample, const LeastDisagreeOptions& options = {}) {
        return least_disagree_metric(pool, sample, layer, options, Rng{});
    };
    CHECK_THROWS_WITH(metric(zeros({4, 3}), zeros({0, 3})), "[least_disagree_metric] expected a sample of 1 example or more, got none");
    CHECK_THROWS_WITH(metric(zeros({4, 2}), zeros({1, 3})),
                      "[least_disagree_metric] expected pool, sample and weights of one width, got shapes [4, 2], [1, 3] and [2, 3]");
    CHECK_THROWS_WITH(metric(zeros({4, 3}), zeros({1, 3}), {.smallest_deviation = 2}),
                      "[least_disagree_metric] expected a smallest deviation in (0, 1], got 2");
    CHECK_THROWS_AS(metric(zeros({4, 3}), zeros({1, 3}), {.patience = 0}), ValueError);
    CHECK_THROWS_WITH(seeding_weights(tensor({0.5, -1}), 1), "[seeding_weights] expected a metric of 0 or more, got -1 at index [1]");
    CHECK_THROWS_WITH(select_by_seeding(zeros({3}), zeros({2, 2}), 1, Rng{}), "[select_by_seeding] expected features of 3 examples, got shape [2, 2]");
    CHECK_THROWS_WITH(select_by_seeding(zeros({3}), zeros({3, 2}), 4, Rng{}),
                      "[select_by_seeding] expected a count from 0 to the 3 examples of the pool, got 4");
}

TEST_CASE("the defaults of the least disagree metric, what limits its models, and what it refuses at its borders") {
    const LeastDisagreeOptions defaults;
    CHECK((defaults.smallest_deviation == 1e-5 && defaults.deviations == 51 && defaults.patience == 10 && defaults.at_most == 0));
    Rng rng{1};
    const LastLayer layer{randn({3, 4}, rng, DType::f64), randn({3}, rng, DType::f64)};
    const Tensor pool = randn({9, 4}, rng, DType::f64);
    // One model of deviation 1: the examples whose answer it changes get the share of all that it changes.
    Rng noise = Rng{5}.fork(0).fork(0);
    const Tensor weight = layer.weight + randn({3, 4}, noise, DType::f64), bias = layer.bias + randn({3}, noise, DType::f64);
    std::vector<bool> changed;
    double share = 0;
    for (std::int64_t i = 0; i < 9; ++i) {
        changed.push_back(naive_answer(pool, i, weight, bias) != naive_answer(pool, i, layer.weight, layer.bias));
        share += changed.back() ? 1.0 / 9 : 0;
    }
    const std::vector<double> metric = least_disagree_metric(pool, pool, layer, {.deviations = 1, .at_most = 1}, Rng{5}).to_vector();
    for (std::size_t i = 0; i < 9; ++i) CHECK(metric[i] == Approx(changed[i] ? share : 1.0));
    CHECK(share > 0);
    const auto refused = [&](const LeastDisagreeOptions& options) { CHECK_THROWS_AS(least_disagree_metric(pool, pool, layer, options, Rng{}), ValueError); };
    refused({.smallest_deviation = 0});
    refused({.deviations = 0});
    refused({.patience = 0});
    refused({.at_most = -1});
    CHECK_NOTHROW(least_disagree_metric(pool, pool, layer, {.smallest_deviation = 1, .deviations = 1, .patience = 1, .at_most = 1}, Rng{}));
    CHECK_THROWS_WITH(least_disagree_metric(pool, pool, {layer.weight, zeros({2}, DType::f64)}, {}, Rng{}),
                      "[least_disagree_metric] expected a bias of shape [3], got [2]");
    CHECK_THROWS_AS(least_disagree_metric(pool, zeros({1, 3}, DType::f64), layer, {}, Rng{}), ShapeError);
}
