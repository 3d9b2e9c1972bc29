#include "data/random_sets.h"
#include "support/close.h"

#include <knoll/core/core.h>
#include <knoll/data/spoil/corrupt_images.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;
using data::Corruption;

namespace {

data::LabeledImages one_image(const Tensor& pixels) { return {pixels, tensor({0.0}, DType::i64), 2}; }

Tensor corrupted(const data::LabeledImages& set, Corruption corruption, int severity, std::uint64_t seed = 0) {
    return data::corrupt_images(set, {.corruption = corruption, .severity = severity, .seed = seed}).images();
}

double distance(const Tensor& a, const Tensor& b) { return sum(square(a.to(DType::f64) - b.to(DType::f64))).item(); }

}  // namespace

TEST_CASE("every corruption keeps type, shape and labels, is its seed's and its image's alone, and grows with its severity") {
    const Corruption corruption = GENERATE(from_range(data::all_corruptions()));
    INFO(data::to_string(corruption));
    const data::LabeledImages set = random_images(20, 2, 12, 3);
    const Tensor mild = corrupted(set, corruption, 1), strong = corrupted(set, corruption, 5);
    CHECK(mild.dtype() == DType::u8);
    CHECK(mild.shape() == set.images().shape());
    CHECK(data::corrupt_images(set, {.corruption = corruption}).labels().is_same(set.labels()));
    CHECK(distance(mild, set.images()) > 0);
    CHECK(distance(strong, set.images()) > distance(mild, set.images()));
    CHECK(mild.to_vector() == corrupted(set, corruption, 1).to_vector());

    // Of fewer images those that are left look the same.
    const std::vector<std::int64_t> first{0, 1, 2};
    CHECK(corrupted(data::subset(set, first), corruption, 4).to_vector() == slice(corrupted(set, corruption, 4), 0, 0, 3).to_vector());
    CHECK(data::parse_corruption(data::to_string(corruption)) == corruption);
}

TEST_CASE("blur, contrast, pixelate and rotation leave an even image as it is, but for corners that turn in") {
    const data::LabeledImages even = one_image(full({1, 1, 14, 14}, 0.5));
    for (const Corruption corruption : {Corruption::blur, Corruption::contrast, Corruption::pixelate})
        check_close(corrupted(even, corruption, 5), even.images(), 1e-6, 0);
    const Tensor turned = corrupted(even, Corruption::rotation, 5);
    CHECK(turned.at<float>(0, 0, 7, 7) == Approx(0.5));
    CHECK(turned.at<float>(0, 0, 0, 0) == 0);
}

TEST_CASE("a corrupted dot is what the formulas say") {
    Tensor pixels = zeros({1, 1, 7, 7});
    pixels.mutable_data<float>()[3 * 7 + 3] = 0.98F;
    const data::LabeledImages dot = one_image(pixels);
    const Tensor dim = corrupted(dot, Corruption::contrast, 3);  // a quarter of the distance to the mean, 0.02
    CHECK(dim.at<float>(0, 0, 3, 3) == Approx(0.02 + 0.25 * 0.96));
    CHECK(dim.at<float>(0, 0, 0, 0) == Approx(0.02 - 0.25 * 0.02));
    const Tensor blocks = corrupted(dot, Corruption::pixelate, 1);  // of two by two
    CHECK(blocks.at<float>(0, 0, 2, 2) == Approx(0.245));
    CHECK(blocks.at<float>(0, 0, 3, 4) == 0);
    const Tensor soft = corrupted(dot, Corruption::blur, 1);
    CHECK(soft.at<float>(0, 0, 3, 4) / soft.at<float>(0, 0, 3, 3) == Approx(std::exp(-2.0)));
    CHECK(sum(soft).item() == Approx(0.98));
    CHECK(corrupted(dot, Corruption::rotation, 5).at<float>(0, 0, 3, 3) == Approx(0.98));
    const Tensor grey = full({1, 1, 40, 40}, 0.5);
    const Tensor noisy = corrupted(one_image(grey), Corruption::noise, 2);
    CHECK(std::sqrt(mean(square(noisy - grey)).item()) == Approx(0.10).margin(0.01));
    CHECK(noisy.to_vector() != corrupted(one_image(grey), Corruption::noise, 2, 1).to_vector());
}

TEST_CASE("corruptions refuse other severities, features and names") {
    CHECK_THROWS_WITH(corrupted(random_images(2, 1, 4, 2), Corruption::blur, 6), "[corrupt_images] expected a severity in 1..5, got 6");
    CHECK_THROWS_WITH(corrupted({ones({2, 3}), zeros({2}, DType::i64), 2}, Corruption::blur, 1),
                      "[corrupt_images] expected images [N, C, H, W], got features of shape [2, 3]");
    CHECK_THROWS_WITH(data::parse_corruption("fog"), "[corruption] expected one of noise, blur, contrast, pixelate, rotation, got 'fog'");
}
