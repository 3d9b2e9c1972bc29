// Pairs of halves, pixel by pixel.
#include <knoll/apps/tasks/influence/paired_images.h>
#include <knoll/core/core.h>
#include <knoll/data/synthetic/shapes.h>
#include <catch2/catch.hpp>

using namespace knoll;

TEST_CASE("pairs of halves are of the middle row up and from it down, each pixel the mean of sixteen, at seed's choice") {
    data::LabeledImages shapes = data::draw_shapes({.count = 30, .size = 20});
    const apps::PairedImages pairs = apps::pair_halves(shapes, {.count = 10, .mismatched = 0.3, .seed = 4});
    const std::vector<std::int64_t> order = data::random_order(30, Rng{4}.fork(0)), places = data::random_order(10, Rng{4}.fork(1));
    REQUIRE(pairs.images.shape() == Shape{10, 1, 5, 5});
    REQUIRE(pairs.pictures.shape() == Shape{10, 1, 20, 20});
    CHECK(pairs.set().count() == 10);
    // The first three of the second order take the next spare image of another class.
    std::vector<std::int64_t> lower(order.begin(), order.begin() + 10);
    std::vector<bool> mismatched(10);
    std::size_t spare = 10;
    for (std::size_t s = 0; s < 3; ++s) {
        const auto place = static_cast<std::size_t>(places[s]);
        while (order[spare] % 10 == order[place] % 10) ++spare;
        lower[place] = order[spare++];
        mismatched[place] = true;
    }
    CHECK(pairs.mismatched == mismatched);
    const auto pixel = [&](std::int64_t image, std::int64_t y, std::int64_t x) { return shapes.images().at<std::uint8_t>(image, 0, y, x) / 255.0; };
    for (std::size_t n = 0; n < 10; ++n) {
        const auto row = static_cast<std::int64_t>(n);
        for (std::int64_t y = 0; y < 20; ++y) CHECK(pairs.pictures.at<float>(row, 0, y, 9) == Approx(pixel(y < 10 ? order[n] : lower[n], y, 9)).margin(1e-6));
        for (std::int64_t y = 0; y < 5; ++y)
            for (std::int64_t x = 0; x < 5; ++x) {
                double mean = 0;
                for (std::int64_t i = 0; i < 4; ++i)
                    for (std::int64_t j = 0; j < 4; ++j) mean += pixel(y < 3 ? order[n] : lower[n], 4 * y + i, 4 * x + j) / 16;
                CHECK(pairs.images.at<float>(row, 0, y, x) == Approx(mean).margin(1e-6));
            }
    }
    CHECK(apps::PairOptions{}.count == 120);
    CHECK(apps::PairOptions{}.mismatched == 0);
    CHECK(apps::PairOptions{}.seed == 1);
    CHECK_THROWS_WITH(apps::pair_halves(shapes, {.count = 31}), "[influence] expected at least 31 images for 31 pairs, got 30");
    CHECK_NOTHROW(apps::pair_halves(shapes, {.count = 30}));
    CHECK_THROWS_WITH(apps::pair_halves(data::draw_shapes({.count = 30, .size = 7}), {.count = 10}),
                      Catch::StartsWith("[influence] expected images of at least 8x4 pixels, got examples of shape"));
}

TEST_CASE("halves of images that are not square are told apart by height, and images of f32 stay as they are") {
    Rng rng{1};
    const Tensor images = rand({6, 2, 12, 20}, rng);
    const apps::PairedImages pairs = apps::pair_halves({images, zeros({6}, DType::i64), 1}, {.count = 6, .seed = 2});
    REQUIRE(pairs.images.shape() == Shape{6, 2, 3, 5});
    const std::vector<std::int64_t> order = data::random_order(6, Rng{2}.fork(0));
    for (std::int64_t n = 0; n < 6; ++n) CHECK(select(pairs.pictures, 0, n).to_vector() == select(images, 0, order[static_cast<std::size_t>(n)]).to_vector());
    Tensor other = images.clone();
    for (float& value : other.mutable_data<float>()) value *= 0.5F;
    const apps::PairedImages darker = apps::pair_halves({other, zeros({6}, DType::i64), 1}, {.count = 6, .seed = 2});
    CHECK(darker.images.at<float>(3, 1, 2, 4) == Approx(0.5 * pairs.images.at<float>(3, 1, 2, 4)));

    // Of classes 0 and 1, with a mismatch: the middle row of three is of the upper half, the last one of the lower.
    Tensor labels = zeros({6}, DType::i64);
    for (std::size_t i = 0; i < 3; ++i) labels.mutable_data<std::int64_t>()[static_cast<std::size_t>(order[i])] = 1;
    const apps::PairedImages mixed = apps::pair_halves({images, labels, 2}, {.count = 3, .mismatched = 0.4, .seed = 2});
    const auto place = data::random_order(3, Rng{2}.fork(1)).front();
    const Tensor upper = select(images, 0, order[static_cast<std::size_t>(place)]), lower = select(images, 0, order[3]);
    const Tensor picture = select(mixed.pictures, 0, place);
    CHECK(slice(picture, 1, 0, 6).to_vector() == slice(upper, 1, 0, 6).to_vector());
    CHECK(slice(picture, 1, 6, 12).to_vector() == slice(lower, 1, 6, 12).to_vector());
    CHECK_THROWS_WITH(apps::pair_halves({images, zeros({6}, DType::i64), 1}, {.count = 3, .mismatched = 0.4, .seed = 2}),
                      "[influence] expected more images of other classes for mismatched pairs, got 6 images");
    CHECK_THROWS_AS(apps::pair_halves({images, labels, 2}, {.count = 1}), ValueError);
    CHECK_NOTHROW(apps::pair_halves({rand({6, 1, 8, 4}, rng), labels, 2}, {.count = 3}));
    CHECK_THROWS_AS(apps::pair_halves({rand({6, 1, 8, 3}, rng), labels, 2}, {.count = 3}), ShapeError);
}
