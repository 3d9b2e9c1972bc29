#include <knoll/core/error.h>
#include <knoll/core/rng.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>
#include <vector>

#if __has_include(<Random123/philox.h>)
#include <Random123/philox.h>
#endif

using namespace knoll;

namespace {

using Block = std::array<std::uint32_t, 4>;

template <class Draw>
std::vector<double> draw(int count, Draw draw_one) {
    std::vector<double> numbers;
    for (int i = 0; i < count; ++i) numbers.push_back(draw_one());
    return numbers;
}

// The largest distance between the numbers' distribution function and the given one (Kolmogorov and Smirnov).
template <class Distribution>
double distance(std::vector<double> numbers, Distribution distribution) {
    std::sort(numbers.begin(), numbers.end());
    double largest = 0;
    const double count = static_cast<double>(numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const double expected = distribution(numbers[i]);
        largest = std::max({largest, std::abs(expected - static_cast<double>(i) / count), std::abs(expected - static_cast<double>(i + 1) / count)});
    }
    return largest;
}

}  // namespace

TEST_CASE("philox gives the published numbers") {
    // The known answers that its authors ship with Random123.
    constexpr std::uint32_t ones = 0xffffffff;
    CHECK(philox({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(philox({ones, ones, ones, ones}, {ones, ones}) == Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) == Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

#if __has_include(<Random123/philox.h>)
TEST_CASE("philox agrees with Random123 at any counter and key") {
    Rng rng{1};
    for (int i = 0; i < 1000; ++i) {
        const auto word = [&] { return static_cast<std::uint32_t>(rng.next()); };
        const Block counter = {word(), word(), word(), word()};
        const std::array<std::uint32_t, 2> key = {word(), word()};
        const philox4x32_ctr_t their_counter{{counter[0], counter[1], counter[2], counter[3]}};
        const philox4x32_key_t their_key{{key[0], key[1]}};
        const philox4x32_ctr_t expected = philox4x32_R(10, their_counter, their_key);
        CHECK(philox(counter, key) == Block{expected.v[0], expected.v[1], expected.v[2], expected.v[3]});
    }
}
#endif

TEST_CASE("a number depends on seed, stream and position alone") {
    Rng rng{5, 7};
    std::vector<std::uint64_t> drawn;
    for (int i = 0; i < 9; ++i) drawn.push_back(rng.next());
    CHECK(rng.position() == 9);
    const Rng fresh{5, 7};
    for (std::uint64_t i = 0; i < 9; ++i) CHECK(fresh.peek(i) == drawn[i]);
    CHECK(fresh.position() == 0);

    Rng again{5, 7};
    again.set_position(4);
    CHECK(again.next() == drawn[4]);
    again.skip(2);
    CHECK(again.next() == drawn[7]);
    CHECK(std::set<std::uint64_t>{Rng(5, 7).next(), Rng(5, 8).next(), Rng(6, 7).next(), Rng(7, 5).next()}.size() == 4);
}

TEST_CASE("many numbers peeked at once are those peeked one by one, from odd and even positions") {
    for (const std::uint64_t position : {0U, 1U, 2U, 3U})
        for (const std::size_t count : {0U, 1U, 2U, 5U, 31U, 32U, 33U, 100U}) {
            Rng rng{11};
            rng.set_position(position);
            std::vector<std::uint64_t> numbers(count);
            rng.peek(3, numbers);
            for (std::size_t i = 0; i < count; ++i) CHECK(numbers[i] == rng.peek(3 + i));
        }
}

TEST_CASE("forks are distinct, and independent of how much has been drawn") {
    Rng rng{3};
    const std::uint64_t before = rng.fork(2).next();
    rng.skip(100);
    CHECK(rng.fork(2).next() == before);
    std::set<std::uint64_t> seeds;
    for (std::uint64_t i = 0; i < 1000; ++i) seeds.insert(rng.fork(i).seed());
    CHECK(seeds.size() == 1000);
    CHECK(Rng(3).fork(0).fork(1).next() != Rng(3).fork(1).fork(0).next());
}

TEST_CASE("uniform numbers are at least 0, below 1 and evenly spread") {
    Rng rng{1};
    const auto numbers = draw(100'000, [&] { return rng.uniform(); });
    CHECK(*std::min_element(numbers.begin(), numbers.end()) >= 0);
    CHECK(*std::max_element(numbers.begin(), numbers.end()) < 1);
    CHECK(distance(numbers, [](double x) { return x; }) < 1.63 / std::sqrt(1e5));  // exceeded once in a hundred seeds
    CHECK(Rng::to_uniform(~std::uint64_t{0}) < 1);
    CHECK(Rng::to_uniform(0) == 0);
}

TEST_CASE("normal numbers follow the normal distribution") {
    Rng rng{2};
    const auto numbers = draw(100'000, [&] { return rng.normal(); });
    CHECK(distance(numbers, [](double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }) < 1.63 / std::sqrt(1e5));
}

TEST_CASE("below gives every number under its bound equally often, and no other") {
    Rng rng{3};
    std::vector<int> counts(7);
    for (int i = 0; i < 70'000; ++i) ++counts.at(rng.below(7));
    double chi_squared = 0;
    for (const int count : counts) chi_squared += (count - 1e4) * (count - 1e4) / 1e4;
    CHECK(chi_squared < 16.8);  // six degrees of freedom: exceeded once in a hundred seeds
    CHECK(rng.below(1) == 0);
}

TEST_CASE("below has no bias at a bound that a plain remainder would favour") {
    // Of 64-bit numbers modulo 3 * 2^62, those under 2^62 would come up twice as often.
    Rng rng{4};
    const std::uint64_t quarter = std::uint64_t{1} << 62;
    std::array<int, 3> counts{};
    for (int i = 0; i < 30'000; ++i) ++counts.at(static_cast<std::size_t>(rng.below(3 * quarter) / quarter));
    for (const int count : counts) CHECK(std::abs(count - 10'000) < 300);
}

TEST_CASE("index_below refuses a bound below 1, which is no huge bound, and draws nothing") {
    Rng rng{1};
    for (const std::int64_t bound : {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min()}) {
        CHECK_THROWS_WITH(rng.index_below(bound), "[index_below] expected a bound of at least 1, got " + std::to_string(bound));
        CHECK_THROWS_AS(rng.index_below(bound), ValueError);
    }
    CHECK(rng.position() == 0);
    CHECK(rng.index_below(1) == 0);
}

TEST_CASE("below refuses a bound of 0") {
    Rng rng{1};
    CHECK_THROWS_AS(rng.below(0), ValueError);
    CHECK_THROWS_WITH(rng.below(0), "[below] expected a bound of at least 1, got 0");
}

TEST_CASE("bernoulli is true as often as asked") {
    Rng rng{5};
    int count = 0;
    for (int i = 0; i < 100'000; ++i) count += rng.bernoulli(0.3) ? 1 : 0;
    CHECK(std::abs(count - 30'000) < 450);  // three standard deviations
    CHECK_FALSE(rng.bernoulli(0));
    CHECK(rng.bernoulli(1));
}
