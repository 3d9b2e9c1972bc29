#include <knoll/core/files/text_cursor.h>
#include <catch2/catch.hpp>

using namespace knoll;
using Catch::Contains;

namespace {

TextCursor cursor(std::string_view text) { return {"test", "some/path", text, 100}; }

std::uint64_t natural(std::string_view text) { return cursor(text).natural("a number"); }

std::vector<std::uint64_t> naturals(std::string_view text, NumberList list = NumberList::plain) { return cursor(text).naturals(']', list, "a number"); }

}  // namespace

TEST_CASE("natural numbers are read up to the largest that fits and no further") {
    CHECK(natural(" 42x") == 42);
    CHECK(natural("0") == 0);
    CHECK(natural("9223372036854775807") == 0x7fffffffffffffff);
    for (const char* text : {"9223372036854775808", "99999999999999999999999", "-1", "01", "00", "x", ""}) {
        INFO(text);
        CHECK_THROWS_AS(natural(text), FileError);
    }
    CHECK_THROWS_WITH(natural("  x"), "[test] some/path, offset 102: expected a number, got 'x'");
}

TEST_CASE("lists of numbers end with their bracket") {
    CHECK(naturals("]").empty());
    CHECK(naturals("1, 2,3 ]") == std::vector<std::uint64_t>{1, 2, 3});
    CHECK(naturals("1,]", NumberList::of_python) == std::vector<std::uint64_t>{1});
    CHECK(naturals(" 2L, 3L ]", NumberList::of_python) == std::vector<std::uint64_t>{2, 3});
    for (const char* text : {"1LL]", "1 L]", "L]", "1l]", "1,,]"}) {
        INFO(text);
        CHECK_THROWS_AS(naturals(text, NumberList::of_python), FileError);
    }
    for (const char* text : {"1,]", "1L]", "1 2]", "1", "1,", ",]", ""}) {
        INFO(text);
        CHECK_THROWS_AS(naturals(text), FileError);
    }
    std::string long_list;
    for (int i = 0; i < 65; ++i) long_list += "1,";
    CHECK_THROWS_WITH(naturals(long_list + "1]"), Contains("expected at most 64 numbers"));
}

TEST_CASE("a cursor says where it stands") {
    TextCursor in = cursor("{ word");
    in.expect('{');
    CHECK_FALSE(in.take('}'));
    CHECK_FALSE(in.take_word("words"));
    CHECK(in.here() == "'w'");
    CHECK(in.take_word("word"));
    CHECK(in.at_end());
    CHECK(in.here() == "the end of the header");
    CHECK_THROWS_WITH(in.expect('}'), Contains("offset 106: expected '}', got the end of the header"));
    CHECK(cursor("\x01").here() == "byte 1");
}
