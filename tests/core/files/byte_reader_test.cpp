#include <knoll/core/files/byte_reader.h>
#include <catch2/catch.hpp>

#include <array>

using namespace knoll;
using Catch::Contains;

namespace {

const std::string content = "\x01\x02\x03\x04\x05\x06\x07\x08text";

ByteReader reader() { return {"test", "some/path", std::as_bytes(std::span(content))}; }

}  // namespace

TEST_CASE("numbers are read in either byte order") {
    ByteReader in = reader();
    CHECK(in.little_endian<std::uint16_t>("a number") == 0x0201);
    CHECK(in.big_endian<std::uint16_t>("a number") == 0x0304);
    CHECK(in.big_endian<std::uint32_t>("a number") == 0x05060708);
    CHECK(in.offset() == 8);
    CHECK(in.characters(4, "text") == "text");
    in.expect_end();
    in.seek(0, "the start");
    CHECK(in.little_endian<std::uint64_t>("a number") == 0x0807060504030201);
    CHECK(in.remaining() == 4);
}

TEST_CASE("what lies beyond the end is refused with format, path and offset") {
    ByteReader in = reader();
    in.bytes(10, "ten bytes");
    CHECK_THROWS_WITH(in.big_endian<std::uint32_t>("the count"), "[test] some/path, offset 10: expected 4 bytes for the count, got 2");
    CHECK_THROWS_WITH(in.expect_end(), "[test] some/path, offset 10: expected the end of the file, got 2 more bytes");
    CHECK_THROWS_AS(in.bytes(~std::uint64_t{0}, "everything"), FileError);
    CHECK_THROWS_AS(in.seek(13, "a place"), FileError);
    CHECK(in.offset() == 10);
    CHECK(in.bytes(0, "nothing").empty());
}

TEST_CASE("products of counts are checked for overflow, whatever zeros are among them") {
    const ByteReader in = reader();
    const std::uint64_t large = std::uint64_t{1} << 40;
    CHECK(in.product(std::array<std::uint64_t, 3>{2, 3, 7}, "elements") == 42);
    CHECK(in.product({}, "elements") == 1);
    CHECK(in.product(std::array<std::uint64_t, 3>{0, large, 4}, "elements") == 0);
    CHECK_THROWS_WITH(in.product(std::array<std::uint64_t, 2>{large, large}, "elements"), Contains("countable number of elements"));
    CHECK_THROWS_AS(in.product(std::array<std::uint64_t, 3>{0, large, large}, "elements"), FileError);
    CHECK_THROWS_AS(in.product(std::array<std::uint64_t, 1>{std::uint64_t{1} << 63}, "elements"), FileError);
}
