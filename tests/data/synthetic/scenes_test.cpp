#include "data/random_sets.h"
#include "support/threads.h"

#include <knoll/data/synthetic/scenes.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

using namespace knoll;

namespace {

std::vector<double> first_values(const Tensor& values, std::int64_t count) {
    const std::vector<double> all = values.to_vector();
    return {all.begin(), all.begin() + count};
}

// One object of 2 x 2 pixels: bright at the top left alone.
data::LabeledImages corner() {
    Tensor images = zeros({1, 1, 2, 2}, DType::u8);
    images.fresh_data<std::uint8_t>()[0] = 200;
    return {images, zeros({1}, DType::i64), 1, {"corner"}};
}

}  // namespace

TEST_CASE("scene i depends on the seed and i, not on how many are made") {
    const data::LabeledImages objects = random_images(30, 3, 9, 5);
    const data::SceneOptions options{.count = 100, .seed = 4, .size = 20, .smallest = 5, .largest = 9, .noise = 0.05};
    const data::MultiLabelImages scenes = data::compose_scenes(objects, options);
    data::SceneOptions few = options, other = options;
    few.count = 11;
    other.seed = 5;
    const data::MultiLabelImages part = data::compose_scenes(objects, few);
    CHECK(part.images().to_vector() == first_values(scenes.images(), part.images().numel()));
    CHECK(part.labels().to_vector() == first_values(scenes.labels(), part.labels().numel()));
    CHECK(data::compose_scenes(objects, other).images().to_vector() != scenes.images().to_vector());
}

TEST_CASE("scenes have the same bits at any number of threads") {
    const data::LabeledImages objects = random_images(30, 1, 9, 5);
    check_same_bits([&] {
        const data::MultiLabelImages scenes = data::compose_scenes(objects, {.count = 300, .seed = 4, .size = 20, .smallest = 5, .largest = 9});
        return std::vector<Tensor>{scenes.images(), scenes.labels()};
    });
}

TEST_CASE("an object appears turned clockwise by as many quarters as its label says") {
    const data::MultiLabelImages scenes =
        data::compose_scenes(corner(), {.count = 40, .seed = 1, .size = 2, .smallest = 2, .largest = 2, .objects = {1, 0, 0, 0}, .darkest = 1.0});
    CHECK(scenes.classes() == 4);
    CHECK(scenes.size() == 2);
    CHECK(scenes.class_names() == std::vector<std::string>{"corner, upright", "corner, turned right", "corner, upside down", "corner, turned left"});
    const std::int64_t bright_at[] = {0, 1, 3, 2};  // top left, top right, bottom right, bottom left
    std::int64_t seen[4] = {};
    for (std::int64_t i = 0; i < 40; ++i) {
        const std::uint8_t* labels = scenes.labels().data<std::uint8_t>().data() + i * 4;
        REQUIRE(std::count(labels, labels + 4, 1) == 1);
        const std::int64_t turns = std::find(labels, labels + 4, 1) - labels;
        ++seen[turns];
        for (std::int64_t pixel = 0; pixel < 4; ++pixel)
            CHECK(scenes.images().data<std::uint8_t>()[static_cast<std::size_t>(i * 4 + pixel)] == (pixel == bright_at[turns] ? 200 : 0));
    }
    CHECK(*std::min_element(seen, seen + 4) > 0);
}

TEST_CASE("scenes of ten kinds have 40 classes and about 2.4 labels an image, every class as often") {
    const data::LabeledImages objects = random_images(200, 1, 8, 10);
    const std::int64_t count = 5000;
    const data::MultiLabelImages scenes = data::compose_scenes(objects, {.count = count, .seed = 2});
    CHECK(scenes.classes() == 40);
    CHECK(scenes.size() == 32);
    CHECK(scenes.labels_per_image() == Approx(2.37).margin(0.07));
    std::vector<double> positives(40);
    const auto labels = scenes.labels().data<std::uint8_t>();
    std::int64_t fewest = 40, most = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        std::int64_t present = 0;
        for (std::int64_t c = 0; c < 40; ++c) {
            const std::uint8_t label = labels[static_cast<std::size_t>(i * 40 + c)];
            positives[static_cast<std::size_t>(c)] += label;
            present += label;
        }
        fewest = std::min(fewest, present);
        most = std::max(most, present);
    }
    CHECK(fewest == 1);
    CHECK(most == 4);
    const double expected = scenes.labels_per_image() * count / 40;
    for (const double found : positives) CHECK(found == Approx(expected).margin(5 * std::sqrt(expected)));
}

TEST_CASE("classes of scenes come as often as their frequencies say") {
    const data::LabeledImages objects = random_images(60, 1, 8, 2);
    const std::vector<double> frequencies{4, 0, 2, 1, 0, 1, 0, 0};
    const data::MultiLabelImages scenes = data::compose_scenes(objects, {.count = 4000, .seed = 2, .objects = {1, 0, 0, 0}, .frequencies = frequencies});
    std::vector<double> shares(8);
    const auto labels = scenes.labels().data<std::uint8_t>();
    for (std::size_t i = 0; i < labels.size(); ++i) shares[i % 8] += labels[i] / 4000.0;
    for (std::size_t c = 0; c < 8; ++c) CHECK(shares[c] == Approx(frequencies[c] / 8).margin(0.04));
    CHECK(shares[1] + shares[4] + shares[6] + shares[7] == 0.0);
    CHECK_THROWS_WITH(data::compose_scenes(objects, {.frequencies = {1, 1}}),
                      "[compose_scenes] expected 8 frequencies of at least 0, one per class and orientation, got 2");
    CHECK_THROWS_WITH(data::compose_scenes(objects, {.frequencies = std::vector<double>(8)}), Catch::Contains("got 8, some negative or all 0"));
    const data::LabeledImages one_class(objects.images(), zeros({60}, DType::i64), 2);
    CHECK_THROWS_WITH(data::compose_scenes(one_class, {.frequencies = std::vector<double>(8, 1.0)}),
                      "[compose_scenes] expected objects of every class that is to appear, got none of class 1");
}

TEST_CASE("composing refuses what does not fit together") {
    const data::LabeledImages objects = random_images(4, 1, 8, 2);
    CHECK_THROWS_WITH(data::compose_scenes(objects, {.size = 10}),
                      Catch::Contains("[compose_scenes] expected 1 <= smallest <= largest <= size, got 14, 16 and 10"));
    CHECK_THROWS_WITH(data::compose_scenes(objects, {.count = -1}), Catch::Contains("got 4 objects and count -1"));
    CHECK_THROWS_WITH(data::compose_scenes(objects, {.objects = {0, 0, 0, 0}}), Catch::Contains("probabilities"));
    CHECK_THROWS_WITH(data::compose_scenes(objects, {.darkest = 1.5}), Catch::Contains("got 1.5 and 0"));
    const data::LabeledImages floats(objects.images().to(DType::f32), objects.labels(), 2);
    CHECK_THROWS_WITH(data::compose_scenes(floats, {}), "[compose_scenes] expected images of u8, got f32");
}
