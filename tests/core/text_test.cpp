#include <knoll/core/dtype.h>
#include <knoll/core/reduction.h>
#include <knoll/core/shape.h>
#include <knoll/core/text.h>
#include "support/numbers.h"

#include <catch2/catch.hpp>

#include <cstdint>
#include <string>

using namespace knoll;

TEST_CASE("texts are joined from words, numbers, truths and what has a text of its own") {
    CHECK(text("a ", std::string("word"), ' ', std::string_view("or two")) == "a word or two");
    CHECK(text(3, ' ', std::int64_t{-4}, ' ', std::uint64_t{18446744073709551615U}, ' ', std::uint8_t{200}) == "3 -4 18446744073709551615 200");
    CHECK(text(true, ' ', false) == "true false");
    CHECK(text(Shape{2, 3}, ' ', Shape{}, ' ', DType::f64) == "[2, 3] [] f64");
    CHECK(text() == "");
}

TEST_CASE("numbers are written with the fewest digits that read back as the same, in their own precision") {
    CHECK(text(0.1, ' ', 0.1F, ' ', 1e300, ' ', -2.0, ' ', 1.0 / 3) == "0.1 0.1 1e+300 -2 0.3333333333333333");
    CHECK(text(infinity, ' ', -infinity, ' ', not_a_number, ' ', -not_a_number) == "inf -inf nan nan");
}

TEST_CASE("reductions have the names that options are given by") {
    CHECK(to_string(Reduction::none) == "none");
    CHECK(to_string(Reduction::mean) == "mean");
    CHECK(to_string(Reduction::sum) == "sum");
}
