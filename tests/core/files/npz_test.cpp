#include <knoll/core/files/npz.h>
#include <catch2/catch.hpp>

#include "support/damage.h"
#include "support/same.h"
#include "support/sample.h"
#include "support/temporary_file.h"

using namespace knoll;
using Catch::Contains;

namespace {

std::string from_hex(std::string_view hex) {
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    return bytes;
}

// numpy.savez(a=array([1.5, -2], 'f4')) of NumPy 1.24.
const std::string stored = from_hex(
    "504b030414000000000000002100d6434b05880000008800000005001400612e6e70790100100088000000000000008800000000000000934e554d5059010076007b27646573"
    "6372273a20273c6634272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028322c292c207d202020202020202020202020202020202020"
    "2020202020202020202020202020202020202020202020202020202020202020202020202020202020200a0000c03f000000c0504b0102140314000000000000002100d6434b"
    "058800000088000000050000000000000000000000800100000000612e6e7079504b0506000000000100010033000000bf0000000000");
// numpy.savez_compressed of the same.
const std::string deflated = from_hex(
    "504b030414000000080000002100d6434b054b0000008800000005001400612e6e70790100100088000000000000004b000000000000009bec17ea1b10c9c850c650ad9e925a"
    "9c5ca46ea5a06e9366a2aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91a463a9a3a0ab50a14002e068603f60c400200504b0102140314000000"
    "080000002100d6434b054b00000088000000050000000000000000000000800100000000612e6e7079504b0506000000000100010033000000820000000000");

NamedTensors decoded_npz(const std::string& content) { return decode_npz(std::as_bytes(std::span(content)), "some/path"); }

// The content with bytes at a position replaced.
std::string patched(const std::string& content, std::size_t at, std::string_view bytes) {
    return text(content.substr(0, at), bytes, content.substr(at + bytes.size()));
}

void check_refused(const std::string& content, const std::string& reason) {
    CHECK_THROWS_WITH(decoded_npz(content), Contains("[npz] some/path") && Contains(reason));
    CHECK_THROWS_AS(decoded_npz(content), FileError);
}

// Where the central directory's entry and the end record begin.
constexpr std::size_t stored_entry = 0xbf, deflated_entry = 0x82;
const std::size_t stored_end = stored.size() - 22;

}  // namespace

TEST_CASE("npz files that NumPy wrote are read, stored or deflated") {
    const NamedTensors expected{{"a", tensor({1.5, -2.0})}};
    check_same(decoded_npz(stored), expected);
    check_same(decoded_npz(deflated), expected);
    check_same(decoded_npz(patched(stored, stored.size() - 2, std::string("\x05\0", 2)) + "notes"), expected);
}

TEST_CASE("npz files are read back as they were written, names and order included") {
    const TemporaryFile file;
    const NamedTensors tensors{
        {"z", sample({2, 3})},          {"layer/weight", sample({5}, DType::f32)}, {"empty", zeros({0, 3}, DType::i64)}, {"scalar", scalar(2.5)},
        {"gr\u00f6\u00dfe", arange(3)}, {"bytes", tensor({1, 255}, DType::u8)}};
    save_npz(file.path(), tensors);
    check_same(load_npz(file.path()), tensors);
    const std::string first = file.read();
    save_npz(file.path(), tensors);
    CHECK(file.read() == first);
    save_npz(file.path(), {});
    CHECK(load_npz(file.path()).empty());
}

TEST_CASE("npz names must be there and differ") {
    const TemporaryFile file;
    CHECK_THROWS_WITH(save_npz(file.path(), {{"", ones({1})}}), Contains("expected a name for every tensor"));
    CHECK_THROWS_WITH(save_npz(file.path(), {{"a", ones({1})}, {"a", ones({1})}}), Contains("each name once, got a.npy again"));
    CHECK_THROWS_AS(save_npz(file.path(), {{std::string(70'000, 'x'), ones({1})}}), ValueError);
}

TEST_CASE("an npz file above 4 GiB is refused before anything is written") {
    const TemporaryFile file("old");
    // The same array many times over: no more memory than one of them.
    const Tensor large = empty({1 << 29}, DType::u8);
    const NamedTensors tensors{{"a", large}, {"b", large}, {"c", large}, {"d", large}, {"e", large}, {"f", large}, {"g", large}, {"h", large}};
    CHECK_THROWS_WITH(save_npz(file.path(), tensors), Contains("below 4 GiB") && Contains("safetensors"));
    CHECK(file.read() == "old");
}

TEST_CASE("npz features that are not read are named") {
    check_refused(patched(stored, stored_entry + 8, "\x01"), "expected a member without encryption");
    check_refused(patched(stored, stored_entry + 10, "\x0c"), "compression method 12");
    check_refused(patched(stored, stored_entry + 20, "\xff\xff\xff\xff"), "zip64");
    check_refused(patched(stored, stored_entry + 42, "\xff\xff\xff\xff"), "zip64");
    check_refused(patched(stored, stored_end + 16, "\xff\xff\xff\xff"), "zip64");
    check_refused(patched(stored, stored_end + 4, "\x01"), "in one part");
}

TEST_CASE("npz members must be what the directory says") {
    check_refused(patched(stored, stored_entry + 16, "\x01"), "expected checksum");
    check_refused(patched(stored, 170, "x"), "expected checksum");
    check_refused(patched(stored, 30, "b"), "that of another member");
    check_refused(patched(stored, stored_entry + 20, "\x87"), "to unpack from 135 bytes, got a size of 136");
    check_refused(patched(stored, stored_end + 8, std::string("\x02\0\x02", 3)), "an entry of the central directory");
    check_refused(patched(patched(stored, 34, "x"), stored_entry + 50, "x"), "expected members that are .npy files, got a.npx");
    check_refused("PK", "no end record");
    check_refused("", "no end record");
}

TEST_CASE("a deflated npz member that unpacks to another size is refused before memory is asked for") {
    check_refused(patched(deflated, deflated_entry + 24, std::string("\0\0\0\xf0", 4)), "to unpack from 75 bytes");
    check_refused(patched(deflated, deflated_entry + 24, "\x89"), "broken stream");
    check_refused(patched(deflated, deflated_entry + 24, "\x87"), "broken stream");
    check_refused(patched(deflated, 60, "\xff\xff"), "broken stream");
}

TEST_CASE("npz names with control characters are refused, for error texts repeat them") {
    check_refused(patched(stored, stored_entry + 46, std::string(1, '\0')), "expected names without control characters");
    check_refused(patched(stored, stored_entry + 47, "\x1b"), "expected names without control characters");
}

TEST_CASE("npz members that overlap are refused") {
    // A second entry of the directory for the same bytes.
    std::string twice = stored.substr(0, stored_end) + stored.substr(stored_entry, stored_end - stored_entry) + stored.substr(stored_end);
    const std::size_t end = twice.size() - 22;
    twice = patched(twice, end + 8, std::string("\x02\0\x02\0\x66", 5));
    check_refused(twice, "that overlap");
}

TEST_CASE("an npz file cut off anywhere is refused") {
    check_every_cut_is_refused(stored, decoded_npz);
    check_every_cut_is_refused(deflated, decoded_npz);
}

TEST_CASE("an npz file with any bit flipped is refused or read to the same values") {
    for (const std::string& content : {stored, deflated})
        check_every_flip_is_survived(content, [](const std::string& damaged) {
            const NamedTensors tensors = decoded_npz(damaged);
            if (!tensors.empty()) CHECK(tensors[0].second.to_vector() == std::vector<double>{1.5, -2.0});
        });
}
