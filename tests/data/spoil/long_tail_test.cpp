#include <knoll/core/error.h>
#include <knoll/data/spoil/long_tail.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

using namespace knoll;

TEST_CASE("long-tailed frequencies fall from one to the ratio in an order drawn from the seed") {
    const std::vector<double> frequencies = data::long_tailed_frequencies(5, 0.01, 3);
    std::vector<double> sorted = frequencies;
    std::sort(sorted.rbegin(), sorted.rend());
    CHECK(sorted.front() == 1.0);
    CHECK(sorted.back() == Approx(0.01));
    for (std::size_t i = 1; i < sorted.size(); ++i) CHECK(sorted[i] / sorted[i - 1] == Approx(std::pow(0.01, 0.25)));
    CHECK(data::long_tailed_frequencies(5, 0.01, 3) == frequencies);
    CHECK(data::long_tailed_frequencies(40, 0.01, 3) != data::long_tailed_frequencies(40, 0.01, 4));
    CHECK(data::long_tailed_frequencies(1, 0.01, 3) == std::vector<double>{1.0});
    CHECK_THROWS_WITH(data::long_tailed_frequencies(0, 0.1, 1), "[long_tailed_frequencies] expected at least one class, got 0");
    CHECK_THROWS_WITH(data::long_tailed_frequencies(5, 0.0, 1), "[long_tailed_frequencies] expected a ratio in (0, 1], got 0");
}

TEST_CASE("classes have many, medium or few examples by their share of the most frequent class") {
    using data::Shot;
    CHECK(data::shots({1000, 200, 199, 50, 49, 0}) == std::vector<Shot>{Shot::many, Shot::many, Shot::medium, Shot::medium, Shot::few, Shot::few});
    CHECK(data::many_from({7, 3}) == 2);
    CHECK(data::few_below({7, 3}) == 1);
    CHECK(data::shots({}).empty());
}
