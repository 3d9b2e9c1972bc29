#include <knoll/core/files/json_text.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

std::string read(const std::string& json) {
    TextCursor cursor("test", "path", json, 0);
    std::string out = read_json_string(cursor);
    CHECK(cursor.at_end());
    return out;
}

void check_refused(const std::string& json) {
    INFO(json);
    TextCursor cursor("test", "path", json, 0);
    CHECK_THROWS_AS(read_json_string(cursor), FileError);
}

}  // namespace

TEST_CASE("escapes in JSON strings are undone") {
    CHECK(read(R"("plain")") == "plain");
    CHECK(read(R"("")").empty());
    CHECK(read(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
    CHECK(read(R"("\u0041\u00e4\u20AC\ud83d\ude00")") == "A\u00e4\u20ac\U0001F600");
    CHECK(read("\"\\u0000\"") == std::string(1, '\0'));
}

TEST_CASE("JSON strings that are none are refused") {
    for (const char* json :
         {R"("open)", R"("\x")", R"("\u12)", R"("\u12g4")", R"("\ud800")", R"("\ud800\u0041")", R"("\ude00")", R"("\ud83dx")", "\"a\nb\"", "a"})
        check_refused(json);
}

TEST_CASE("a quoted text reads back as itself, whatever its characters") {
    std::string all;
    for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
    CHECK(read(json_quoted(all)) == all);
    CHECK(json_quoted("a\"b\\c\n") == R"("a\"b\\c\u000a")");
}

TEST_CASE("UTF-8 is told from other bytes") {
    for (const char* text : {"", "plain", "\u00e4\u20ac\U0001F600", "\uFFFF\U0010FFFF"}) CHECK(is_utf8(text));
    for (const char* text :
         {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe2\x82", "\xc3\x28", "\xff"})
        CHECK_FALSE(is_utf8(text));
}
