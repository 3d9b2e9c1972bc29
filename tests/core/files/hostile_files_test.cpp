#include <knoll/core/files/npy.h>
#include <knoll/core/files/npz.h>
#include <knoll/core/files/safetensors.h>

#include "support/hostile_corpus.h"

using namespace knoll;

namespace {

std::span<const std::byte> bytes_of(const std::string& content) { return std::as_bytes(std::span(content)); }

constexpr std::size_t widened = 8;      // i1 is held as i64
constexpr std::size_t inflated = 1032;  // deflate's own limit

}  // namespace

TEST_CASE("damaged npy files are refused with the place, and ask for eight times their size at most") {
    check_hostile_files("npy", {.bytes_per_byte = widened}, [](const std::string& content) { decode_npy(bytes_of(content), hostile_path); });
}

TEST_CASE("damaged npz files are refused with the place, and ask for no more than deflate can make of them") {
    check_hostile_files("npz", {.bytes_per_byte = widened * inflated}, [](const std::string& content) { decode_npz(bytes_of(content), hostile_path); });
}

TEST_CASE("damaged safetensors files are refused with the place, and ask for twice their size at most") {
    check_hostile_files("safetensors", {.bytes_per_byte = 2}, [](const std::string& content) { decode_safetensors(bytes_of(content), hostile_path); });
}
