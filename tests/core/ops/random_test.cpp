#include "support/close.h"
#include "support/threads.h"

#include <knoll/core/gradcheck.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/parallel.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

using namespace knoll;

namespace {

double mean_of(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()); }

double variance_of(const std::vector<double>& values) {
    const double mean = mean_of(values);
    double sum = 0;
    for (const double value : values) sum += (value - mean) * (value - mean);
    return sum / static_cast<double>(values.size());
}

}  // namespace

TEST_CASE("rand gives the generator's uniform numbers in order") {
    Rng rng{1}, same{1};
    const Tensor x = rand({3, 5}, rng, DType::f64);
    for (const double value : x.to_vector()) CHECK(value == same.uniform());
    CHECK(rng.position() == 15);
    const Tensor single = rand({100'000}, rng);
    const auto values = single.to_vector();
    CHECK(*std::min_element(values.begin(), values.end()) >= 0);
    CHECK(*std::max_element(values.begin(), values.end()) < 1);
    CHECK(mean_of(values) == Approx(0.5).margin(0.003));
    CHECK(variance_of(values) == Approx(1.0 / 12).margin(0.001));
}

TEST_CASE("randn has mean 0 and variance 1, neighbours are uncorrelated, and the tails are there") {
    for (const DType dtype : {DType::f32, DType::f64}) {
        Rng rng{2};
        const auto values = randn({100'001}, rng, dtype).to_vector();
        CHECK(rng.position() == 100'002);  // numbers are drawn in pairs
        CHECK(mean_of(values) == Approx(0).margin(0.01));
        CHECK(variance_of(values) == Approx(1).margin(0.015));
        double product = 0, beyond = 0;
        for (std::size_t i = 0; i + 1 < values.size(); ++i) {
            product += values[i] * values[i + 1];
            beyond += std::abs(values[i]) > 2 ? 1 : 0;
        }
        CHECK(product / 1e5 == Approx(0).margin(0.01));
        CHECK(beyond / 1e5 == Approx(std::erfc(std::numbers::sqrt2)).margin(0.002));
    }
}

TEST_CASE("random tensors are the same at any number of threads, and as parts of a longer draw") {
    const auto all = [](int threads) {
        const Threads scope(threads);
        Rng rng{3};
        std::vector<Tensor> drawn = {rand({9001}, rng), randn({9001}, rng), bernoulli({9001}, 0.4, rng), dropout(ones({9001}), 0.3, rng)};
        return drawn;
    };
    const auto one = all(1), two = all(2), three = all(3);
    for (std::size_t i = 0; i < one.size(); ++i) {
        CHECK(one[i].to_vector() == two[i].to_vector());
        CHECK(one[i].to_vector() == three[i].to_vector());
    }
    Rng whole{4}, parts{4};
    const auto expected = rand({10}, whole).to_vector();
    auto actual = rand({3}, parts).to_vector();
    for (const double value : rand({7}, parts).to_vector()) actual.push_back(value);
    CHECK(actual == expected);
}

TEST_CASE("bernoulli gives ones with the given probability in any type") {
    Rng rng{5};
    for (const DType dtype : {DType::f32, DType::f64, DType::i64, DType::u8}) {
        const Tensor x = bernoulli({50'000}, 0.3, rng, dtype);
        CHECK(x.dtype() == dtype);
        const auto values = x.to_vector();
        CHECK(std::all_of(values.begin(), values.end(), [](double value) { return value == 0 || value == 1; }));
        CHECK(mean_of(values) == Approx(0.3).margin(0.007));
    }
    CHECK(mean_of(bernoulli({100}, 0, rng).to_vector()) == 0);
    CHECK(mean_of(bernoulli({100}, 1, rng).to_vector()) == 1);
}

TEST_CASE("a permutation holds every index once, and each is equally likely at each place") {
    Rng rng{6};
    auto values = permutation(1000, rng).to_vector();
    CHECK_FALSE(std::is_sorted(values.begin(), values.end()));
    std::sort(values.begin(), values.end());
    CHECK(values == arange(1000).to_vector());
    std::vector<std::vector<int>> counts(4, std::vector<int>(4));
    for (int i = 0; i < 8000; ++i) {
        const Tensor order = permutation(4, rng);
        for (std::int64_t place = 0; place < 4; ++place)
            ++counts.at(static_cast<std::size_t>(place)).at(static_cast<std::size_t>(order.at<std::int64_t>(place)));
    }
    for (const auto& row : counts)
        for (const int count : row) CHECK(std::abs(count - 2000) < 140);  // 3.6 standard deviations
    CHECK(permutation(0, rng).numel() == 0);
    CHECK(permutation(1, rng).to_vector() == std::vector<double>{0});
}

TEST_CASE("choice without replacement repeats nothing, with replacement it may") {
    Rng rng{7};
    auto distinct = choice(50, 20, false, rng).to_vector();
    CHECK(distinct.size() == 20);
    std::sort(distinct.begin(), distinct.end());
    CHECK(std::adjacent_find(distinct.begin(), distinct.end()) == distinct.end());
    CHECK(distinct.back() < 50);
    auto repeated = choice(3, 3000, true, rng).to_vector();
    CHECK(mean_of(repeated) == Approx(1).margin(0.06));
    CHECK(choice(0, 0, true, rng).numel() == 0);
    CHECK_THROWS_WITH(choice(3, 4, false, rng), "[choice] expected at most 3 draws from 3, got 4; pass replacement = true to draw an index more than once");
    CHECK_THROWS_WITH(choice(0, 1, true, rng), "[choice] expected something to draw from, got a count of 0 for 1 draws");
    CHECK_THROWS_WITH(permutation(-1, rng), "[permutation] expected a count of 0 or more, got -1");
    CHECK_THROWS_WITH(rand({-1}, rng), "[rand] expected extents of 0 or more, got [-1]");
    CHECK_THROWS_AS(choice(-1, 0, true, rng), ValueError);
}

TEST_CASE("dropout zeroes with its probability, scales the rest, and its gradient uses the same mask") {
    Rng rng{8};
    const Tensor x = full({100'000}, 3.0, DType::f64).set_requires_grad();
    const Tensor y = dropout(x, 0.25, rng);
    const auto values = y.to_vector();
    CHECK(std::all_of(values.begin(), values.end(), [](double value) { return value == 0 || value == 4; }));
    CHECK(static_cast<double>(std::count(values.begin(), values.end(), 0.0)) == Approx(25'000).margin(420));
    backward(sum(y));
    const auto slopes = x.grad().to_vector();
    for (std::size_t i = 0; i < values.size(); ++i) REQUIRE(slopes[i] == values[i] / 3);
}

TEST_CASE("dropout has gradients of every order under a fixed mask") {
    Rng seed{9};
    const auto f = [](const Tensor& x) {
        Rng rng{10};
        return dropout(x * x, 0.5, rng);
    };
    const auto result = gradcheck(f, randn({3, 4}, seed, DType::f64), {.order = 2});
    INFO(result.report());
    CHECK(result.ok());
}

TEST_CASE("dropout is the identity outside training or at probability 0, and all zero at 1") {
    Rng rng{11};
    const Tensor x = tensor({1.0, 2.0, 3.0});
    CHECK(dropout(x, 0.5, rng, false).is_same(x));
    CHECK(dropout(x, 0, rng).is_same(x));
    CHECK(rng.position() == 0);
    CHECK(dropout(x, 1, rng).to_vector() == std::vector<double>{0, 0, 0});
    CHECK_THROWS_WITH(dropout(x, 1.5, rng), "[dropout] expected a probability from 0 to 1, got 1.5");
    CHECK_THROWS_WITH(dropout(arange(3), 0.5, rng), Catch::StartsWith("[dropout] expected f32 or f64, got i64"));
    CHECK_THROWS_AS(bernoulli({2}, -0.1, rng), ValueError);
    CHECK_THROWS_WITH(rand({2}, rng, DType::i64), Catch::StartsWith("[rand] expected f32 or f64, got i64"));
    CHECK_THROWS_WITH(randn({2}, rng, DType::u8), Catch::StartsWith("[randn] expected f32 or f64, got u8"));
}
