#include "data/hostile_file.h"

#include <knoll/data/readers/cifar.h>
#include <catch2/catch.hpp>

#include <vector>

using namespace knoll;

namespace {

// The labels, then 3072 bytes that count on from the given one.
std::string record(const std::vector<int>& labels, std::size_t first) {
    std::string bytes;
    for (const int label : labels) bytes.push_back(static_cast<char>(label));
    for (std::size_t i = 0; i < 3072; ++i) bytes.push_back(static_cast<char>((first + i) % 251));
    return bytes;
}

}  // namespace

TEST_CASE("CIFAR-10 batches are joined in order, the planes red, green and blue") {
    const TemporaryFile first(record({3}, 0) + record({9}, 7)), second(record({0}, 100));
    const data::LabeledImages set = data::load_cifar10({first.path(), second.path()});
    CHECK(to_string(set.images().shape()) == "[3, 3, 32, 32]");
    CHECK(set.labels().to_vector() == std::vector<double>{3, 9, 0});
    CHECK(set.classes() == 10);
    CHECK(set.class_names()[9] == "truck");
    for (const auto& [example, start] : {std::pair{0, 0}, {1, 7}, {2, 100}})
        CHECK(set.images().at<std::uint8_t>(example, 2, 5, 31) == (start + 2 * 1024 + 5 * 32 + 31) % 251);
}

TEST_CASE("CIFAR-100 has fine and coarse labels") {
    const TemporaryFile file(record({19, 99}, 0) + record({1, 2}, 1));
    CHECK(data::load_cifar100({file.path()}).labels().to_vector() == std::vector<double>{99, 2});
    CHECK(data::load_cifar100({file.path()}).classes() == 100);
    const data::LabeledImages coarse = data::load_cifar100({file.path()}, data::Cifar100Labels::coarse);
    CHECK(coarse.labels().to_vector() == std::vector<double>{19, 1});
    CHECK(coarse.classes() == 20);
    CHECK(coarse.images().at<std::uint8_t>(1, 0, 0, 0) == 1);
}

TEST_CASE("CIFAR files that are cut, empty or mislabelled are refused") {
    const std::string content = record({3}, 0) + record({9}, 7);
    const TemporaryFile file;
    for (const std::size_t length : {0U, 1U, 3072U, 3074U, 6145U}) {
        file.write(content.substr(0, length));
        CHECK_THROWS_WITH(data::load_cifar10({file.path()}), Catch::Contains(text("expected whole records of 3073 bytes, got ", length, " bytes")));
    }
    file.write(record({3}, 0) + record({10}, 0));
    CHECK_THROWS_WITH(data::load_cifar10({file.path()}),
                      Catch::Contains("[cifar10]") && Catch::Contains("offset 3074: expected a label in 0..9, got 10 just before"));
    file.write(record({20, 1}, 0));
    CHECK_THROWS_WITH(data::load_cifar100({file.path()}), Catch::Contains("[cifar100]") && Catch::Contains("expected a label in 0..19, got 20"));
    CHECK_THROWS_WITH(data::load_cifar10({}), "[cifar10] expected at least one file, got none");
    CHECK_THROWS_AS(data::load_cifar10({"/nonexistent/data_batch_1.bin"}), FileError);
}
