#include "data/hostile_file.h"

#include <knoll/core/files/npy.h>
#include <knoll/data/readers/npy.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

// The path of a file that holds the tensor, for as long as the file lives.
std::string save(const TemporaryFile& file, const Tensor& tensor) {
    save_npy(file.path(), tensor);
    return file.path();
}

}  // namespace

TEST_CASE("single-label sets are read from two npy files") {
    const TemporaryFile images, labels;
    const data::LabeledImages set = data::load_npy_labeled(save(images, full({3, 4, 5}, 7, DType::u8)), save(labels, tensor({2, 0, 1}, DType::i64)));
    CHECK(to_string(set.images().shape()) == "[3, 1, 4, 5]");
    CHECK(set.images().dtype() == DType::u8);
    CHECK(set.classes() == 3);
    const data::LabeledImages features = data::load_npy_labeled(save(images, full({2, 6}, 0.5, DType::f64)), save(labels, tensor({0, 4}, DType::u8)));
    CHECK(features.images().dtype() == DType::f32);
    CHECK(features.labels().to_vector() == std::vector<double>{0, 4});
}

TEST_CASE("multi-label sets are read from two npy files") {
    const TemporaryFile images, labels;
    const data::MultiLabelImages set = data::load_npy_multi_label(save(images, zeros({2, 3, 4, 4})), save(labels, tensor({{1, 0, 1}, {0, 0, 1}}, DType::f64)));
    CHECK(to_string(set.images().shape()) == "[2, 3, 4, 4]");
    CHECK(set.labels().dtype() == DType::u8);
    CHECK(set.labels().to_vector() == std::vector<double>{1, 0, 1, 0, 0, 1});
}

TEST_CASE("npy files that do not go together are refused with the path of the wrong one") {
    const TemporaryFile image_file, label_file;
    const std::string images = save(image_file, zeros({2, 6}));
    const auto refuses = [&](const Tensor& labels, const std::string& text) {
        const std::string path = save(label_file, labels);
        CHECK_THROWS_WITH(data::load_npy_labeled(images, path), "[load_npy] " + path + ": " + text);
    };
    refuses(tensor({0, 1, 2}, DType::i64), "expected labels [2], got shape [3]");
    refuses(tensor({0, 1}), "expected labels of an integer type, got f32");
    refuses(tensor({0, -1}, DType::i64), "expected labels in 0..999999, got -1");
    refuses(tensor({0, 5e9}, DType::i64), "expected labels in 0..999999, got 5000000000");
    const std::string labels = save(label_file, tensor({{0, 2}, {1, 0}}, DType::i64));
    CHECK_THROWS_WITH(data::load_npy_multi_label(images, labels), Catch::Contains(labels) && Catch::Contains("expected labels of 0 and 1, got 2"));
    save(image_file, zeros({2}));
    CHECK_THROWS_WITH(data::load_npy_labeled(images, labels), Catch::Contains(images) && Catch::Contains("got shape [2]"));
    save(image_file, zeros({2, 2}, DType::i64));
    CHECK_THROWS_WITH(data::load_npy_labeled(images, labels), Catch::Contains("expected images of u8, f32 or f64, got i64"));
}

TEST_CASE("npy sets have 2 to 4 dimensions, at least one example, and labels that fit them") {
    const TemporaryFile image_file, label_file;
    const auto single = [&](const Tensor& images, const Tensor& labels) { return data::load_npy_labeled(save(image_file, images), save(label_file, labels)); };
    const auto multi = [&](const Tensor& images, const Tensor& labels) {
        return data::load_npy_multi_label(save(image_file, images), save(label_file, labels));
    };
    const Tensor two = tensor({0, 1}, DType::i64);
    CHECK(to_string(single(zeros({2, 6}), two).images().shape()) == "[2, 6]");
    CHECK(to_string(single(zeros({2, 6, 5}), two).images().shape()) == "[2, 1, 6, 5]");
    CHECK(to_string(single(zeros({2, 3, 6, 5}), two).images().shape()) == "[2, 3, 6, 5]");
    CHECK(single(zeros({1, 1}), tensor({999999}, DType::i64)).classes() == 1000000);
    CHECK_THROWS_WITH(single(zeros({1, 1}), tensor({1000000}, DType::i64)), Catch::Contains("expected labels in 0..999999, got 1000000"));
    CHECK_THROWS_WITH(single(zeros({2, 1, 1, 1, 1}), two), Catch::Contains("got shape [2, 1, 1, 1, 1]"));
    CHECK_THROWS_WITH(single(zeros({0, 4}), zeros({0}, DType::i64)), Catch::Contains("got shape [0, 4]"));
    CHECK_THROWS_WITH(single(zeros({2, 4}), zeros({2, 1}, DType::i64)), Catch::Contains("expected labels [2], got shape [2, 1]"));
    CHECK_THROWS_WITH(multi(zeros({2, 4}), two), Catch::Contains("expected labels [2, classes], got shape [2]"));
    CHECK_THROWS_WITH(multi(zeros({2, 4}), zeros({2, 0})), Catch::Contains("expected labels [2, classes], got shape [2, 0]"));
    CHECK_THROWS_WITH(multi(zeros({2, 4}), zeros({3, 1})), Catch::Contains("expected labels [2, classes], got shape [3, 1]"));
    CHECK(multi(zeros({2, 4}), tensor({{1}, {0}})).classes() == 1);
    CHECK(multi(full({1, 2}, 0.1, DType::f64), ones({1, 1})).images().dtype() == DType::f32);
}
