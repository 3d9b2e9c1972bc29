// What is dropped, moved or left out, told again draw by draw: the same seed has to spoil the same labels for good.
#include "data/random_sets.h"

#include <knoll/data/spoil/drop_labels.h>
#include <knoll/data/spoil/imbalance.h>
#include <knoll/data/spoil/label_noise.h>
#include <knoll/data/spoil/long_tail.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

using namespace knoll;
using data::Keep;
using Positions = std::vector<std::int64_t>;

namespace {

// Where row `image` of the labels is 1.
Positions positives(const data::MultiLabelImages& set, std::int64_t image) {
    Positions found;
    for (std::int64_t c = 0; c < set.classes(); ++c)
        if (set.labels().at<std::uint8_t>(image, c) == 1) found.push_back(c);
    return found;
}

}  // namespace

TEST_CASE("which labels are kept is one draw for each that an image has, in the order of the classes") {
    const data::MultiLabelImages full = random_multi_label(150, 13, 0.5, 6);
    for (const auto& [keep, code] : {std::pair{Keep::single, 0U}, {Keep::forty, 1U}, {Keep::seventy_five, 2U}, {Keep::full, 3U}}) {
        const data::MultiLabelImages kept = data::drop_labels(full, {.keep = keep, .seed = 31});
        for (std::int64_t image = 0; image < full.count(); ++image) {
            Rng rng = Rng{31}.fork(code).fork(static_cast<std::uint64_t>(image));
            const Positions all = positives(full, image);
            auto wanted = static_cast<std::uint64_t>(keep == Keep::single         ? std::min<std::size_t>(all.size(), 1)
                                                     : keep == Keep::forty        ? std::min(all.size(), all.size() / 5 + 1)
                                                     : keep == Keep::seventy_five ? std::min(all.size(), all.size() / 2 + 1)
                                                                                  : all.size());
            Positions expected;
            for (std::size_t i = 0; i < all.size(); ++i) {
                if (rng.below(all.size() - i) >= wanted) continue;
                expected.push_back(all[i]);
                --wanted;
            }
            REQUIRE(positives(kept, image) == expected);
        }
    }
    CHECK((data::DropOptions{}.keep == Keep::single && data::DropOptions{}.seed == 0));
    CHECK((data::to_string(Keep::single) == "single" && data::to_string(Keep::forty) == "40" && data::to_string(Keep::seventy_five) == "75" &&
           data::to_string(Keep::full) == "full"));
    const data::MultiLabelImages named(zeros({1, 1}), ones({1, 2}, DType::u8), {"cat", "dog"});
    CHECK(data::drop_labels(named, {}).class_names() == named.class_names());
    CHECK(data::drop_labels_at_random(named, {}).class_names() == named.class_names());
    CHECK(data::drop_labels_at_random(named, {}).images().is_same(named.images()));
}

TEST_CASE("labels dropped at random: first the survivor is drawn, then each label's fate") {
    const data::MultiLabelImages full = random_multi_label(200, 4, 0.5, 8);
    const data::MultiLabelImages kept = data::drop_labels_at_random(full, {.rate = 0.7, .seed = 5});
    int saved = 0;
    for (std::int64_t image = 0; image < full.count(); ++image) {
        const Positions all = positives(full, image);
        Positions expected;
        if (!all.empty()) {
            Rng rng = Rng{5}.fork(static_cast<std::uint64_t>(image));
            const std::int64_t survivor = all[static_cast<std::size_t>(rng.below(all.size()))];
            for (const std::int64_t c : all)
                if (rng.uniform() >= 0.7) expected.push_back(c);
            saved += expected.empty() ? 1 : 0;
            if (expected.empty()) expected.push_back(survivor);
        }
        REQUIRE(positives(kept, image) == expected);
    }
    CHECK(saved > 10);
    CHECK((data::RandomDropOptions{}.rate == 0.4 && data::RandomDropOptions{}.seed == 0));
    CHECK_THROWS_AS(data::drop_labels_at_random(full, {.rate = -0.1}), ValueError);
}

TEST_CASE("a wrong label is so many classes further on, by a draw for whether and one for how far") {
    const data::LabeledImages clean = random_images(300, 1, 1, 7);
    for (const data::Noise noise : {data::Noise::symmetric, data::Noise::pairwise}) {
        const data::LabeledImages noisy = data::add_label_noise(clean, {.noise = noise, .rate = 0.35, .seed = 12});
        for (std::int64_t i = 0; i < 300; ++i) {
            Rng rng = Rng{12}.fork(static_cast<std::uint64_t>(i));
            std::int64_t expected = i % 7;
            if (rng.uniform() < 0.35) expected = (expected + (noise == data::Noise::pairwise ? 1 : 1 + rng.index_below(6))) % 7;
            REQUIRE(noisy.labels().at<std::int64_t>(i) == expected);
        }
    }
    const data::LabelNoiseOptions options;
    CHECK((options.noise == data::Noise::symmetric && options.rate == 0.2 && options.seed == 0));
    const data::LabeledImages named(zeros({4, 1}), zeros({4}, DType::i64), 2, {"cat", "dog"});
    CHECK(data::add_label_noise(named, {}).class_names() == named.class_names());
    CHECK(data::add_label_noise(named, {.rate = 1}).labels().to_vector() == std::vector<double>(4, 1.0));
    CHECK_THROWS_AS(data::add_label_noise(named, {.rate = -0.1}), ValueError);
    CHECK_NOTHROW(data::add_label_noise(named, {.rate = 0}));
}

TEST_CASE("an imbalanced set takes examples in a random order until a class is full, and puts them back into theirs") {
    const data::LabeledImages set = random_images(203, 1, 2, 7);
    for (const data::Profile profile : {data::Profile::long_tailed, data::Profile::step}) {
        const data::LabeledImages cut = data::make_imbalanced(set, {.profile = profile, .ratio = 0.2, .seed = 4});
        std::vector<double> room;
        for (int c = 0; c < 7; ++c) room.push_back(std::floor(203.0 / 7 * (profile == data::Profile::step ? (c < 3 ? 1 : 0.2) : std::pow(0.2, c / 6.0))));
        Positions expected;
        for (const std::int64_t i : data::random_order(203, Rng{4}))
            if (room[static_cast<std::size_t>(i % 7)]-- > 0) expected.push_back(i);
        std::sort(expected.begin(), expected.end());
        CHECK(cut.images().to_vector() == subset(set, expected).images().to_vector());
        CHECK(cut.labels().to_vector() == subset(set, expected).labels().to_vector());
    }
    const data::ImbalanceOptions options;
    CHECK((options.profile == data::Profile::long_tailed && options.ratio == 0.01 && options.seed == 0));
    CHECK(data::to_string(data::Profile::long_tailed) == "long-tailed");
    CHECK(data::to_string(data::Profile::step) == "step");
    CHECK_THROWS_WITH(data::imbalanced_counts(10, 0, data::Profile::step, 0.5), "[imbalanced_counts] expected at least one class, got 0");
    CHECK_THROWS_AS(data::imbalanced_counts(10, 2, data::Profile::step, 1.1), ValueError);
    CHECK_THROWS_WITH(data::make_imbalanced(set, {.ratio = 0.01}),
                      "[make_imbalanced] expected at least one example of each class, got none of class 5; take more examples or a ratio nearer to 1");
    // A class with fewer examples than its share gives all it has.
    const data::LabeledImages few(zeros({6, 1}), from_data<std::int64_t>({6}, Positions{0, 0, 0, 0, 0, 1}), 2);
    CHECK(data::make_imbalanced(few, {.ratio = 1}).class_counts() == Positions{3, 1});
}

TEST_CASE("the frequencies of a long tail go to classes in an order drawn from the seed") {
    const std::vector<double> frequencies = data::long_tailed_frequencies(9, 0.02, 6);
    const Positions order = data::random_order(9, Rng{6});
    for (std::size_t rank = 0; rank < 9; ++rank)
        CHECK(frequencies[static_cast<std::size_t>(order[rank])] == Approx(std::pow(0.02, static_cast<double>(rank) / 8)).epsilon(1e-14));
    CHECK(data::long_tailed_frequencies(2, 1.0, 6) == std::vector<double>{1, 1});
    CHECK_THROWS_AS(data::long_tailed_frequencies(2, 1.01, 6), ValueError);
    using data::Shot;
    // A fifth of 101 is 20.2, a twentieth 5.05.
    CHECK(data::many_from({3, 101, 7}) == 21);
    CHECK(data::few_below({3, 101, 7}) == 6);
    CHECK(data::shots({21, 20, 6, 5, 101}) == std::vector<Shot>{Shot::many, Shot::medium, Shot::medium, Shot::few, Shot::many});
    CHECK((data::many_from({}) == 0 && data::few_below({}) == 0));
    CHECK((data::many_from({100}) == 20 && data::few_below({100}) == 5));
}
