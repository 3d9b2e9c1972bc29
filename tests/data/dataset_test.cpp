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

TEST_CASE("subsets and splits keep type, shape, classes and names, of either kind of set") {
    const std::vector<std::int64_t> indices{2, 0, 2};
    const LabeledImages single(tensor({{0, 1}, {2, 3}, {4, 5}}), tensor({1, 0, 2}, DType::i64), 3, {"a", "b", "c"});
    const LabeledImages part = subset(single, indices);
    CHECK(part.images().to_vector() == std::vector<double>{4, 5, 0, 1, 4, 5});
    CHECK(part.labels().to_vector() == std::vector<double>{2, 1, 2});
    CHECK(part.class_names() == single.class_names());
    CHECK(part.class_counts() == std::vector<std::int64_t>{0, 1, 2});
    const MultiLabelImages multi(zeros({3, 1, 2, 2}, DType::u8), tensor({{1, 0}, {0, 1}, {1, 1}}, DType::u8), {"a", "b"});
    const MultiLabelImages some = subset(multi, indices);
    CHECK(some.images().dtype() == DType::u8);
    CHECK(to_string(some.images().shape()) == "[3, 1, 2, 2]");
    CHECK(some.labels().to_vector() == std::vector<double>{1, 1, 1, 0, 1, 1});
    CHECK(some.class_names() == multi.class_names());
    CHECK(subset(multi, {}).count() == 0);
    CHECK(subset(subset(multi, {}), {}).labels_per_image() == 0);
    CHECK_THROWS_WITH(subset(multi, std::vector<std::int64_t>{-1}), "[subset] expected indices in 0..2, got -1");

    // The first part has the first indices of a random order, the second the rest.
    const std::vector<std::int64_t> order = data::random_order(3, Rng{8});
    const auto [first, second] = random_split(single, 1, 8);
    CHECK(first.images().to_vector() == subset(single, std::vector<std::int64_t>{order[0]}).images().to_vector());
    CHECK(second.labels().to_vector() == subset(single, std::vector<std::int64_t>{order[1], order[2]}).labels().to_vector());
    CHECK(second.class_names() == single.class_names());
    CHECK((random_split(single, 0, 8).first.count() == 0 && random_split(single, 3, 8).second.count() == 0));
    CHECK_THROWS_WITH(random_split(single, -1, 1), "[random_split] expected a count in 0..3, got -1");
}

TEST_CASE("a data set takes any number of classes from one on, and the borders of its labels") {
    CHECK_THROWS_WITH(LabeledImages(zeros({0, 2}), zeros({0}, DType::i64), 0), "[dataset] expected at least one class, got 0");
    CHECK_THROWS_WITH(LabeledImages(zeros({2, 2}), tensor({0, -1}, DType::i64), 1), "[dataset] expected labels in 0..0, got -1 at example 1");
    CHECK_THROWS_WITH(LabeledImages(zeros({2, 2}), zeros({2, 1}, DType::i64), 1), "[dataset] expected labels [N], got shape [2, 1]");
    CHECK_THROWS_AS(MultiLabelImages(zeros({2, 2}), zeros({2, 1})), DTypeError);
    CHECK_THROWS_WITH(MultiLabelImages(zeros({3, 2}), tensor({{0, 1}, {1, 0}, {1, 9}}, DType::u8)), "[dataset] expected labels in {0, 1}, got 9 at example 2");
    CHECK(LabeledImages(zeros({1, 1, 3, 3}), zeros({1}, DType::i64), 1).size() == 3);
    CHECK(LabeledImages(zeros({1, 1, 3, 3}), zeros({1}, DType::i64), 1).class_names().empty());
    CHECK(data::random_order(0, Rng{1}).empty());
}
