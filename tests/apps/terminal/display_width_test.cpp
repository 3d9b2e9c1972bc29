#include <knoll/apps/terminal/display_width.h>

#include <catch2/catch.hpp>

using knoll::apps::display_width;
using knoll::apps::shortened;

TEST_CASE("a text's width is counted in columns, not in bytes or characters") {
    CHECK(display_width("") == 0);
    CHECK(display_width("loss") == 4);
    CHECK(display_width("47.00 ± 0.10") == 12);
    CHECK(display_width("█░") == 2);
    CHECK(display_width("衣類") == 4);  // wide: two columns each
    CHECK(display_width("한글") == 4);
    CHECK(display_width("ｱ") == 1);                 // half-width katakana
    CHECK(display_width("Ａ") == 2);                // full-width letter
    CHECK(display_width("e\xCC\x81") == 1);         // an e with an accent of its own
    CHECK(display_width("\xF0\x9F\x8E\x89") == 2);  // a picture, four bytes
    CHECK(display_width("\xFF\x80") == 2);          // no UTF-8: a column a byte
    CHECK(display_width("\xE4\xB8") == 2);          // cut off
}

TEST_CASE("a text is shortened to a width, never within a character") {
    CHECK(shortened("hill", 4) == "hill");
    CHECK(shortened("hill", 3) == "hi…");
    CHECK(shortened("hill", 1) == "…");
    CHECK(shortened("hill", 0) == "");
    CHECK(shortened("衣類品", 6) == "衣類品");
    CHECK(shortened("衣類品", 5) == "衣類…");
    CHECK(shortened("衣類品", 4) == "衣…");
    for (std::size_t width = 0; width < 8; ++width) CHECK(display_width(shortened("a衣b類c", width)) <= width);
}
