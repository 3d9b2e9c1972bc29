#include "apps/support.h"

#include <catch2/catch.hpp>

using namespace knoll;

TEST_CASE("knoll gradcheck prints a row per record, and those asked for alone") {
    const test::Output output = test::call({"gradcheck", "huber", "one_hot"});
    CHECK(output.status == 0);
    CHECK(test::contains(output.out, "huber"));
    CHECK(test::contains(output.out, "no gradient: made from integers"));
    CHECK(test::contains(output.out, "2 checks, 0 failed"));
    CHECK(test::call({"gradcheck", "hil_"}).status == 2);
}

TEST_CASE("knoll gradcheck --quiet prints one line where all is well") { CHECK(test::call({"gradcheck", "huber", "--quiet"}).out == "1 checks, 0 failed\n"); }
