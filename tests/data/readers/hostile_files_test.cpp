#include <knoll/data/readers/arff.h>
#include <knoll/data/readers/cifar.h>
#include <knoll/data/readers/idx.h>

#include "support/hostile_corpus.h"
#include "support/temporary_file.h"

using namespace knoll;

namespace {

// read(path) of a file named some/path within a temporary folder.
template <class Read>
auto by_path(const Read& read) {
    const auto folder = std::make_shared<TemporaryFile>();
    std::filesystem::create_directory(folder->folder() + "/some");
    return [folder, read](const std::string& content) {
        const std::string path = folder->folder() + "/" + hostile_path;
        std::ofstream(path, std::ios::binary) << content;
        read(path);
    };
}

constexpr std::size_t inflated = 1032;  // deflate's own limit

}  // namespace

TEST_CASE("damaged IDX files are refused with the place, and ask for no more than their size") {
    check_hostile_files("idx", {.bytes_per_byte = 1}, by_path([](const std::string& path) { data::read_idx(path); }));
}

TEST_CASE("damaged compressed IDX files are refused with the place, and ask for no more than deflate can make of them") {
    check_hostile_files("idx_gzip", {.bytes_per_byte = inflated}, by_path([](const std::string& path) { data::read_idx(path); }));
}

TEST_CASE("damaged CIFAR files are refused with the place, and ask for no more than their size") {
    const auto read = [](const std::string& path) {
        const bool fine = std::filesystem::file_size(path) % 3074 == 0;
        fine ? data::load_cifar100({path}) : data::load_cifar10({path});
    };
    check_hostile_files("cifar", {.bytes_per_byte = 1, .flipped = 4}, by_path(read));
}

TEST_CASE("damaged ARFF files are refused with the place, and ask for 1024 times their size at most") {
    check_hostile_files("arff", {.bytes_per_byte = 1024, .may_be_cut = true}, by_path([](const std::string& path) { data::load_arff(path, {.labels = 1}); }));
}

TEST_CASE("damaged files of numbers are refused with the place, and ask for 16 times their size at most") {
    check_hostile_files("numbers", {.bytes_per_byte = 16, .may_be_cut = true}, by_path([](const std::string& path) { data::load_arff(path, {.labels = 1}); }));
}
