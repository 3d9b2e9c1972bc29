#include <knoll/core/nearest.h>
#include <catch2/catch.hpp>

using knoll::nearest;

TEST_CASE("the nearest name is the one with the fewest edits") {
    const std::vector<std::string> names{"hill", "hinge", "huber", "cross_entropy"};
    CHECK(nearest("hil", names) == "hill");
    CHECK(nearest("hing", names) == "hinge");
    CHECK(nearest("crossentropy", names) == "cross_entropy");
    CHECK(nearest("hill", names) == "hill");
}

TEST_CASE("where every name is far off, none is suggested") {
    CHECK(nearest("zzzzzz", {"hill", "hinge"}).empty());
    CHECK(nearest("hill", {}).empty());
}
