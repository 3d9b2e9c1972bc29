#include "data/random_sets.h"

#include <knoll/data/loader/sampler.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <set>

using namespace knoll;
using Indices = std::vector<std::int64_t>;

namespace {

// Features with so many examples of each class, class by class.
data::LabeledImages with_counts(const Indices& counts) {
    std::vector<double> labels;
    for (std::size_t c = 0; c < counts.size(); ++c) labels.insert(labels.end(), static_cast<std::size_t>(counts[c]), static_cast<double>(c));
    const auto count = static_cast<std::int64_t>(labels.size());
    return {zeros({count, 1}), tensor(labels, {count}, DType::i64), static_cast<std::int64_t>(counts.size())};
}

Indices drawn_per_class(const data::LabeledImages& set, const Indices& order) {
    Indices counts(static_cast<std::size_t>(set.classes()));
    for (const std::int64_t index : order) ++counts[static_cast<std::size_t>(set.labels().at<std::int64_t>(index))];
    return counts;
}

}  // namespace

TEST_CASE("the plain samplers visit each example once") {
    CHECK(data::sequential_sampler(4).order(Rng{1}) == Indices{0, 1, 2, 3});
    Indices shuffled = data::shuffling_sampler(50).order(Rng{1});
    CHECK_FALSE(std::is_sorted(shuffled.begin(), shuffled.end()));
    std::sort(shuffled.begin(), shuffled.end());
    CHECK(shuffled == data::sequential_sampler(50).order(Rng{1}));
}

TEST_CASE("over-sampling draws every class and every example of a class equally often") {
    const data::LabeledImages set = with_counts({9000, 90, 0, 910});
    const data::Sampler sampler = data::over_sampler(set);
    CHECK(sampler.draws() == 10000);
    const Indices order = sampler.order(Rng{1});
    const Indices counts = drawn_per_class(set, order);
    CHECK(counts[2] == 0);
    const double expected = 10000.0 / 3;
    for (const std::size_t c : {0U, 1U, 3U}) CHECK(static_cast<double>(counts[c]) == Approx(expected).margin(5 * std::sqrt(expected)));
    std::vector<double> of_small_class(90);
    for (const std::int64_t index : order)
        if (index >= 9000 && index < 9090) of_small_class[static_cast<std::size_t>(index - 9000)] += 1;
    const double each = static_cast<double>(counts[1]) / 90;
    for (const double draws : of_small_class) CHECK(draws == Approx(each).margin(5 * std::sqrt(each)));
}

TEST_CASE("under-sampling takes as many of each class as the smallest has, none twice, others every epoch") {
    const data::LabeledImages set = with_counts({300, 7, 0, 40});
    const data::Sampler sampler = data::under_sampler(set);
    CHECK(sampler.draws() == 21);
    const Indices order = sampler.order(Rng{1});
    CHECK(drawn_per_class(set, order) == Indices{7, 7, 0, 7});
    CHECK(std::set<std::int64_t>(order.begin(), order.end()).size() == 21);
    CHECK(sampler.order(Rng{1}) == order);
    CHECK(sampler.order(Rng{2}) != order);
}

TEST_CASE("class-balanced sampling has each class once a round, and goes through a class before it repeats") {
    const data::LabeledImages set = with_counts({10, 4, 0, 3});
    const data::Sampler sampler = data::class_balanced_sampler(set);
    CHECK(sampler.draws() == 18);
    const Indices order = sampler.order(Rng{5});
    REQUIRE(order.size() == 18);
    Indices of_last_class;
    for (auto round = order.begin(); round != order.end(); round += 3) CHECK(drawn_per_class(set, Indices(round, round + 3)) == Indices{1, 1, 0, 1});
    std::copy_if(order.begin(), order.end(), std::back_inserter(of_last_class), [](std::int64_t index) { return index >= 14; });
    REQUIRE(of_last_class.size() == 6);
    std::sort(of_last_class.begin(), of_last_class.begin() + 3);
    std::sort(of_last_class.begin() + 3, of_last_class.end());
    CHECK(of_last_class == Indices{14, 15, 16, 14, 15, 16});
}

TEST_CASE("batches for losses of pairs have so many classes and of each so many different examples") {
    const data::LabeledImages set = with_counts({10, 4, 0, 3, 30});
    const data::Sampler sampler = data::classes_and_examples_sampler(set, 2, 4);
    CHECK(sampler.draws() == 40);
    const Indices order = sampler.order(Rng{3});
    CHECK(order == sampler.order(Rng{3}));
    CHECK(order != sampler.order(Rng{4}));
    Indices in_all(5, 0);
    for (auto batch = order.begin(); batch != order.end(); batch += 8) {
        CHECK(std::set<std::int64_t>(batch, batch + 8).size() == 8);
        for (const auto half : {batch, batch + 4}) {
            const Indices counts = drawn_per_class(set, Indices(half, half + 4));
            CHECK(*std::max_element(counts.begin(), counts.end()) == 4);
            for (std::size_t c = 0; c < counts.size(); ++c) in_all[c] += counts[c];
        }
        CHECK(set.labels().at<std::int64_t>(*batch) != set.labels().at<std::int64_t>(*(batch + 4)));
    }
    CHECK(in_all[3] == 0);  // has too few
    CHECK(data::classes_and_examples_sampler(set, 2, 10).draws() == 40);
    CHECK_THROWS_WITH(data::classes_and_examples_sampler(set, 4, 4), "[sampler] expected 4 classes of at least 4 examples, got 3");
    CHECK_THROWS_WITH(data::classes_and_examples_sampler(set, 0, 4), "[sampler] expected at least one class and one example in a batch, got 0 and 4");
}

TEST_CASE("samplers refuse sets and orders that cannot be") {
    CHECK_THROWS_WITH(data::over_sampler(with_counts({0, 0})), "[sampler] expected a set with examples, got an empty one");
    CHECK_THROWS_WITH(data::sequential_sampler(-1), "[sampler] expected 0 draws or more, got -1");
    CHECK_FALSE(data::Sampler{});
}

TEST_CASE("bags are a partition that all epochs share, and stay together in an order that each has of its own") {
    const data::Sampler sampler = data::bag_sampler(23, 5, 7);
    CHECK(sampler.draws() == 20);
    const auto bags_of = [&](std::uint64_t epoch) {
        const std::vector<std::int64_t> order = sampler.order(Rng{epoch});
        std::vector<std::vector<std::int64_t>> bags;
        for (std::size_t b = 0; b < 4; ++b)
            bags.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(5 * b), order.begin() + static_cast<std::ptrdiff_t>(5 * b + 5));
        return bags;
    };
    auto first = bags_of(1), second = bags_of(3);
    CHECK(first != second);
    std::sort(first.begin(), first.end());
    std::sort(second.begin(), second.end());
    CHECK(first == second);
    std::set<std::int64_t> seen;
    for (const auto& bag : first) seen.insert(bag.begin(), bag.end());
    CHECK(seen.size() == 20);
    CHECK(data::bag_sampler(20, 5, 7).draws() == 20);
    CHECK(data::bag_sampler(5, 5, 7).draws() == 5);
    CHECK(data::bag_sampler(23, 5, 8).order(Rng{1}) != data::bag_sampler(23, 5, 7).order(Rng{1}));
    CHECK_THROWS_WITH(data::bag_sampler(4, 5, 0), "[bag_sampler] expected bags of 1..4 examples, got 5");
}
