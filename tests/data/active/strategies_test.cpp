#include "support/threads.h"

#include <knoll/core/ops/ops.h>
#include <knoll/data/active/core_set.h>
#include <knoll/data/active/uncertainty.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

using namespace knoll;
using namespace knoll::data::active;
using Positions = std::vector<std::int64_t>;

namespace {

// The `count` positions with the smallest score, by a stable sort.
Positions smallest(const std::vector<double>& scores, std::int64_t count) {
    Positions order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int64_t a, std::int64_t b) { return scores[static_cast<std::size_t>(a)] < scores[static_cast<std::size_t>(b)]; });
    order.resize(static_cast<std::size_t>(count));
    return order;
}

std::vector<double> probabilities(const Tensor& logits, std::int64_t row) {
    std::vector<double> p = select(logits, 0, row).to_vector();
    double total = 0;
    for (double& value : p) total += value = std::exp(value);
    for (double& value : p) value /= total;
    return p;
}

double naive_distance(const Tensor& a, std::int64_t i, const Tensor& b, std::int64_t j) {
    double sum = 0;
    for (std::int64_t d = 0; d < a.size(1); ++d) sum += std::pow(a.at<double>(i, d) - b.at<double>(j, d), 2);
    return sum;
}

// Every distance anew for every pick.
Positions naive_core_set(const Tensor& pool, const Tensor& labelled, std::int64_t count) {
    Positions picked;
    while (std::ssize(picked) < count) {
        std::int64_t best = -1;
        double farthest = -1;
        for (std::int64_t i = 0; i < pool.size(0); ++i) {
            if (std::find(picked.begin(), picked.end(), i) != picked.end()) continue;
            double nearest = INFINITY;
            for (std::int64_t j = 0; j < labelled.size(0); ++j) nearest = std::min(nearest, naive_distance(pool, i, labelled, j));
            for (const std::int64_t j : picked) nearest = std::min(nearest, naive_distance(pool, i, pool, j));
            if (nearest > farthest) farthest = nearest, best = i;
        }
        picked.push_back(best);
    }
    return picked;
}

}  // namespace

TEST_CASE("random selection draws distinct positions, each as often as any other") {
    std::vector<int> times(10);
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        const Positions picked = select_random(10, 4, Rng{seed});
        CHECK(std::set<std::int64_t>(picked.begin(), picked.end()).size() == 4);
        for (const std::int64_t i : picked) ++times[static_cast<std::size_t>(i)];
    }
    for (const int count : times) CHECK(count == Approx(800).margin(5 * std::sqrt(480)));
    CHECK(select_random(10, 4, Rng{3, 1}) == select_random(10, 4, Rng{3, 1}));
    CHECK(select_random(0, 0, Rng{}).empty());
}

TEST_CASE("entropy and margin pick what plain loops find least sure, in that order") {
    Rng rng{1};
    const Tensor logits = 2.0 * randn({40, 5}, rng, DType::f64);
    std::vector<double> certainty, margin;
    for (std::int64_t i = 0; i < 40; ++i) {
        std::vector<double> p = probabilities(logits, i);
        certainty.push_back(std::accumulate(p.begin(), p.end(), 0.0, [](double sum, double value) { return sum + value * std::log(value); }));
        std::sort(p.rbegin(), p.rend());
        margin.push_back(p[0] - p[1]);
    }
    for (const std::int64_t count : {0, 1, 7, 40}) {
        CHECK(select_by_entropy(logits, count) == smallest(certainty, count));
        CHECK(select_by_margin(logits, count) == smallest(margin, count));
    }
    // Rows of zeros are equally unsure: the earlier come first, and logits of any size are taken.
    const Tensor extreme = tensor({{1e4, -1e4}, {0, 0}, {-1e4, 1e4}, {0, 0}});
    CHECK(select_by_entropy(extreme, 3) == Positions{1, 3, 0});
    CHECK(select_by_margin(extreme, 3) == Positions{1, 3, 0});
}

TEST_CASE("the core set is the greedy one of plain loops, with and without labelled examples, and with copies") {
    Rng rng{2};
    const Tensor pool = randn({30, 3}, rng, DType::f64);
    for (const std::int64_t labelled : {0, 1, 8}) {
        const Tensor known = randn({labelled, 3}, rng, DType::f64);
        for (const std::int64_t count : {0, 1, 12, 30}) CHECK(select_core_set(pool, known, count) == naive_core_set(pool, known, count));
    }
    const Tensor copies = tensor({{1, 1}, {1, 1}, {5, 5}, {1, 1}});
    CHECK(select_core_set(copies, zeros({0, 2}), 4) == Positions{0, 2, 1, 3});
    for (const double size : {1e200, 1e-200})  // whose squares overflow or vanish
        CHECK(select_core_set(pool.to(DType::f64) * size, slice(pool, 0, 3, 5).to(DType::f64) * size, 9) == naive_core_set(pool, slice(pool, 0, 3, 5), 9));
    check_same_bits([&] { return std::vector<Tensor>{arange(30) * 0.0, index_select(pool, 0, from_data<std::int64_t>({9}, select_core_set(pool, pool, 9)))}; });
}

TEST_CASE("strategies refuse counts beyond the pool and inputs that are no numbers") {
    CHECK_THROWS_WITH(select_random(3, 4, Rng{}), "[select_random] expected a count from 0 to the 3 examples of the pool, got 4");
    CHECK_THROWS_WITH(select_by_entropy(zeros({3, 2}), -1), "[select_by_entropy] expected a count from 0 to the 3 examples of the pool, got -1");
    CHECK_THROWS_WITH(select_by_entropy(tensor({{0, 1}, {2, NAN}}), 1), "[select_by_entropy] expected finite logits [N, K], got nan at index [1, 1]");
    CHECK_THROWS_WITH(select_by_margin(zeros({3}), 1), "[select_by_margin] expected logits [N, K], got shape [3]");
    CHECK_THROWS_WITH(select_by_margin(zeros({3, 1}), 1), "[select_by_margin] expected at least 2 classes, got logits of shape [3, 1]");
    CHECK_THROWS_WITH(select_core_set(zeros({3, 2}), zeros({3, 1}), 1),
                      "[select_core_set] expected as many features of labelled examples as of the pool, got shapes [3, 1] and [3, 2]");
    CHECK_THROWS_AS(select_core_set(zeros({3, 2}, DType::i64), zeros({3, 2}), 1), DTypeError);
}

TEST_CASE("the core set takes more labelled examples than are looked at together") {
    Rng rng{5};
    const Tensor pool = randn({20, 2}, rng, DType::f64);
    for (const std::int64_t labelled : {256, 257, 515}) {
        const Tensor known = randn({labelled, 2}, rng, DType::f64);
        CHECK(select_core_set(pool, known, 8) == naive_core_set(pool, known, 8));
    }
    CHECK_THROWS_WITH(select_core_set(zeros({3, 2}), zeros({1, 2}), 4), "[select_core_set] expected a count from 0 to the 3 examples of the pool, got 4");
    CHECK_THROWS_WITH(select_core_set(zeros({3, 2}), tensor({{0, INFINITY}}), 1),
                      "[select_core_set] expected finite features [L, D] of labelled examples, got inf at index [0, 1]");
    CHECK_THROWS_AS(select_by_margin(zeros({3, 2}), 4), ValueError);
    CHECK_THROWS_AS(select_by_margin(tensor({{0, NAN}}), 1), ValueError);
    CHECK_THROWS_AS(select_random(3, -1, Rng{}), ValueError);
}
