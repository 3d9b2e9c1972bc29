#include "data/random_sets.h"

#include <knoll/data/spoil/label_noise.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;
using data::Noise;

namespace {

// transitions[a][b]: how many labels went from a to b.
std::vector<std::vector<double>> transitions(const data::LabeledImages& before, const data::LabeledImages& after) {
    const auto classes = static_cast<std::size_t>(before.classes());
    std::vector<std::vector<double>> counts(classes, std::vector<double>(classes));
    for (std::int64_t i = 0; i < before.count(); ++i)
        counts[static_cast<std::size_t>(before.labels().at<std::int64_t>(i))][static_cast<std::size_t>(after.labels().at<std::int64_t>(i))] += 1;
    return counts;
}

}  // namespace

TEST_CASE("symmetric noise moves a share of the labels to every other class alike") {
    const data::LabeledImages clean = random_images(20000, 1, 1, 4);
    const data::LabeledImages noisy = data::add_label_noise(clean, {.noise = Noise::symmetric, .rate = 0.3, .seed = 5});
    const auto counts = transitions(clean, noisy);
    for (std::size_t a = 0; a < 4; ++a)
        for (std::size_t b = 0; b < 4; ++b) {
            const double expected = 5000 * (a == b ? 0.7 : 0.1);
            CHECK(counts[a][b] == Approx(expected).margin(5 * std::sqrt(expected)));
        }
    CHECK(noisy.images().is_same(clean.images()));
}

TEST_CASE("pairwise noise moves a share of the labels to the next class") {
    const data::LabeledImages clean = random_images(9000, 1, 1, 3);
    const auto counts = transitions(clean, data::add_label_noise(clean, {.noise = Noise::pairwise, .rate = 0.4, .seed = 5}));
    for (std::size_t a = 0; a < 3; ++a) {
        CHECK(counts[a][(a + 1) % 3] == Approx(1200).margin(5 * std::sqrt(1200)));
        CHECK(counts[a][(a + 2) % 3] == 0);
    }
}

TEST_CASE("noise at rate 0 changes nothing, at rate 1 everything, and the same seed gives the same labels") {
    const data::LabeledImages clean = random_images(500, 1, 1, 5);
    const auto labels = [&](double rate, std::uint64_t seed) { return data::add_label_noise(clean, {.rate = rate, .seed = seed}).labels().to_vector(); };
    CHECK(labels(0.0, 1) == clean.labels().to_vector());
    const auto all = transitions(clean, data::add_label_noise(clean, {.rate = 1.0}));
    for (std::size_t a = 0; a < 5; ++a) CHECK(all[a][a] == 0);
    CHECK(labels(0.5, 1) == labels(0.5, 1));
    CHECK(labels(0.5, 1) != labels(0.5, 2));
}

TEST_CASE("noise refuses a rate that is no probability and a single class") {
    CHECK_THROWS_WITH(data::add_label_noise(random_images(4, 1, 1, 2), {.rate = 1.1}), "[add_label_noise] expected a rate in [0, 1], got 1.1");
    CHECK_THROWS_WITH(data::add_label_noise(random_images(4, 1, 1, 1), {}), "[add_label_noise] expected at least two classes, got 1");
}
