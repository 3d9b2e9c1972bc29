#include "data/random_sets.h"

#include <knoll/data/spoil/imbalance.h>
#include <catch2/catch.hpp>

#include <algorithm>

using namespace knoll;
using data::Profile;
using Counts = std::vector<std::int64_t>;

TEST_CASE("long-tailed counts fall exponentially, as published for CIFAR-10") {
    CHECK(data::imbalanced_counts(50000, 10, Profile::long_tailed, 0.01) == Counts{5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50});
    CHECK(data::imbalanced_counts(50000, 10, Profile::long_tailed, 1.0) == Counts(10, 5000));
    CHECK(data::imbalanced_counts(7, 1, Profile::long_tailed, 0.5) == Counts{7});
}

TEST_CASE("step counts are full in the first half and at the ratio in the rest") {
    CHECK(data::imbalanced_counts(50000, 10, Profile::step, 0.01) == Counts{5000, 5000, 5000, 5000, 5000, 50, 50, 50, 50, 50});
    CHECK(data::imbalanced_counts(50, 5, Profile::step, 0.25) == Counts{10, 10, 2, 2, 2});
}

TEST_CASE("an imbalanced set has exactly those counts, of examples at random in their order") {
    const data::LabeledImages set = random_images(1000, 1, 2, 10);
    const data::LabeledImages cut = data::make_imbalanced(set, {.profile = Profile::long_tailed, .ratio = 0.1, .seed = 3});
    CHECK(cut.class_counts() == data::imbalanced_counts(1000, 10, Profile::long_tailed, 0.1));
    CHECK(cut.classes() == 10);
    CHECK(data::make_imbalanced(set, {.ratio = 0.1, .seed = 3}).images().to_vector() == cut.images().to_vector());
    CHECK(data::make_imbalanced(set, {.ratio = 0.1, .seed = 4}).images().to_vector() != cut.images().to_vector());

    // Every example kept is one of the set's, found further on than the one before.
    const auto all = set.images().data<std::uint8_t>(), kept = cut.images().data<std::uint8_t>();
    std::size_t at = 0;
    for (std::size_t i = 0; i < kept.size(); i += 4, at += 4)
        while (at < all.size() && !std::equal(kept.begin() + static_cast<std::ptrdiff_t>(i), kept.begin() + static_cast<std::ptrdiff_t>(i + 4),
                                              all.begin() + static_cast<std::ptrdiff_t>(at)))
            at += 4;
    CHECK(at <= all.size());
}

TEST_CASE("a ratio of 1 keeps a balanced set whole") {
    const data::LabeledImages set = random_images(40, 1, 2, 4);
    CHECK(data::make_imbalanced(set, {.ratio = 1.0}).images().to_vector() == set.images().to_vector());
}

TEST_CASE("an imbalance that leaves a class empty, or is none, is refused") {
    const data::LabeledImages set = random_images(100, 1, 1, 10);
    CHECK_THROWS_WITH(data::make_imbalanced(set, {.ratio = 0.01}),
                      Catch::Contains("[make_imbalanced] expected at least one example of each class, got none of class"));
    CHECK_THROWS_WITH(data::imbalanced_counts(10, 2, Profile::step, 0.0), "[imbalanced_counts] expected a ratio in (0, 1], got 0");
    CHECK_THROWS_WITH(data::parse_profile("flat"), "[profile] expected long-tailed or step, got flat");
    for (const Profile profile : {Profile::long_tailed, Profile::step}) CHECK(data::parse_profile(to_string(profile)) == profile);
}
