#include "data/random_sets.h"

#include <knoll/data/loader/episode_sampler.h>
#include <catch2/catch.hpp>

#include <set>

using namespace knoll;

TEST_CASE("an episode has its classes in one order twice, first those to train on, and no example twice") {
    const data::LabeledImages set = random_images(200, 1, 1, 5);
    const data::EpisodeOptions options{.classes = {0, 2, 3, 4}, .ways = 3, .shots = 2, .queries = 4, .episodes = 50};
    const data::Sampler sampler = data::episode_sampler(set, options);
    CHECK(sampler.draws() == 50 * 18);
    const std::vector<std::int64_t> order = sampler.order(Rng{1});
    const auto label = [&](std::int64_t i) { return set.labels().at<std::int64_t>(order[static_cast<std::size_t>(i)]); };
    std::set<std::vector<std::int64_t>> ways;
    for (std::int64_t episode = 0; episode < 50; ++episode) {
        const std::int64_t begin = 18 * episode;
        const std::set<std::int64_t> distinct(order.begin() + begin, order.begin() + begin + 18);
        CHECK(distinct.size() == 18);
        const std::vector<std::int64_t> classes{label(begin), label(begin + 2), label(begin + 4)};
        CHECK(std::set<std::int64_t>(classes.begin(), classes.end()).size() == 3);
        for (std::int64_t i = 0; i < 6; ++i) CHECK(label(begin + i) == classes[static_cast<std::size_t>(i / 2)]);
        for (std::int64_t i = 0; i < 12; ++i) CHECK(label(begin + 6 + i) == classes[static_cast<std::size_t>(i / 4)]);
        for (const std::int64_t c : classes) CHECK(c != 1);
        ways.insert(classes);
    }
    CHECK(ways.size() > 10);  // of 24
    CHECK(order == sampler.order(Rng{1}));
    CHECK(order != sampler.order(Rng{2}));
}

TEST_CASE("episodes refuse more ways than classes and more examples than there are") {
    const data::LabeledImages set = random_images(20, 1, 1, 2);
    CHECK_THROWS_WITH(data::episode_sampler(set, {.ways = 3}), "[episode_sampler] expected at most as many ways as there are classes, 2, got 3");
    CHECK_THROWS_WITH(data::episode_sampler(set, {.ways = 2, .shots = 5, .queries = 6}), "[episode_sampler] expected 11 examples or more of class 0, got 10");
    CHECK_THROWS_WITH(data::episode_sampler(set, {.classes = {0, 2}, .ways = 1, .shots = 1, .queries = 1}),
                      "[episode_sampler] expected classes below 2, got 2");
    CHECK_THROWS_AS(data::episode_sampler(set, {.ways = 1, .shots = 0}), ValueError);
}
