#include "data/random_sets.h"

#include <knoll/data/dataset.h>
#include <catch2/catch.hpp>

#include <algorithm>

using namespace knoll;
using data::LabeledImages;
using data::MultiLabelImages;

TEST_CASE("a data set knows its sizes") {
    const LabeledImages set(zeros({5, 3, 4, 6}, DType::u8), tensor({0, 1, 1, 1, 0}, DType::i64), 3, {"a", "b", "c"});
    CHECK(set.count() == 5);
    CHECK(set.channels() == 3);
    CHECK(set.height() == 4);
    CHECK(set.width() == 6);
    CHECK(set.classes() == 3);
    CHECK(to_string(set.example_shape()) == "[3, 4, 6]");
    CHECK(set.class_counts() == std::vector<std::int64_t>{2, 3, 0});
    CHECK_THROWS_WITH(set.size(), "[dataset] expected square images, got shape [5, 3, 4, 6]; ask for height() and width()");
    const MultiLabelImages features(zeros({4, 7}), tensor({{1, 0}, {1, 1}, {0, 0}, {1, 1}}, DType::u8));
    CHECK_FALSE(features.has_images());
    CHECK(features.labels_per_image() == 1.25);
    CHECK_THROWS_WITH(features.channels(), "[dataset] expected images [N, C, H, W], got features of shape [4, 7]");
}

TEST_CASE("a data set refuses labels that do not fit") {
    const Tensor images = zeros({2, 1, 2, 2}, DType::u8);
    CHECK_THROWS_WITH(LabeledImages(images, tensor({0, 3}, DType::i64), 3), "[dataset] expected labels in 0..2, got 3 at example 1");
    CHECK_THROWS_WITH(LabeledImages(images, tensor({0, 1, 2}, DType::i64), 3), "[dataset] expected labels for 2 examples, got shape [3]");
    CHECK_THROWS_AS(LabeledImages(images, tensor({0, 1}), 3), DTypeError);
    CHECK_THROWS_WITH(LabeledImages(images, tensor({0, 1}, DType::i64), 3, {"one"}), "[dataset] expected 3 class names or none, got 1");
    CHECK_THROWS_WITH(LabeledImages(zeros({2, 2, 2}), tensor({0, 1}, DType::i64), 3), Catch::Contains("[dataset] expected images [N, C, H, W] or features"));
    CHECK_THROWS_WITH(LabeledImages(zeros({2, 2}, DType::i64), tensor({0, 1}, DType::i64), 3), "[dataset] expected images of u8 or f32, got i64");
    CHECK_THROWS_WITH(MultiLabelImages(images, tensor({{0, 1}, {2, 0}}, DType::u8)), "[dataset] expected labels in {0, 1}, got 2 at example 1");
    CHECK_THROWS_WITH(MultiLabelImages(images, tensor({0, 1}, DType::u8)), "[dataset] expected labels [N, classes], got shape [2]");
}

TEST_CASE("a subset holds the examples asked for, in that order") {
    const LabeledImages set = random_images(6, 2, 3, 4);
    const std::vector<std::int64_t> indices{5, 0, 5};
    const LabeledImages part = subset(set, indices);
    CHECK(part.labels().to_vector() == std::vector<double>{1, 0, 1});
    CHECK(part.classes() == 4);
    for (std::int64_t i = 0; i < 3; ++i)
        CHECK(part.images().at<std::uint8_t>(i, 1, 2, 0) == set.images().at<std::uint8_t>(indices[static_cast<std::size_t>(i)], 1, 2, 0));
    CHECK_THROWS_WITH(subset(set, std::vector<std::int64_t>{6}), "[subset] expected indices in 0..5, got 6");
}

TEST_CASE("a random split gives every example to one part") {
    const std::int64_t count = 50;
    const MultiLabelImages set(tensor(arange(count).to_vector(), {count, 1}), zeros({count, 2}, DType::u8));
    const auto [first, second] = random_split(set, 20, 9);
    CHECK(first.count() == 20);
    CHECK(second.count() == 30);
    std::vector<double> all = first.images().to_vector();
    CHECK_FALSE(std::is_sorted(all.begin(), all.end()));
    const std::vector<double> rest = second.images().to_vector();
    all.insert(all.end(), rest.begin(), rest.end());
    std::sort(all.begin(), all.end());
    CHECK(all == arange(count).to_vector());
    CHECK(random_split(set, 20, 9).first.images().to_vector() == first.images().to_vector());
    CHECK(random_split(set, 20, 10).first.images().to_vector() != first.images().to_vector());
    CHECK_THROWS_WITH(random_split(set, 51, 1), "[random_split] expected a count in 0..50, got 51");
}
