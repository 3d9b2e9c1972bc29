#include "apps/support.h"

#include <catch2/catch.hpp>

using namespace knoll;
using knoll::test::call;
using knoll::test::contains;

TEST_CASE("a plot is SVG, and its file is not called anything else") {
    const test::TemporaryFolder folder;
    for (const char* name : {"x.png", "x.svg.png", "x.svgz", "x.PDF", "x.s"}) {
        INFO(name);
        const test::Output output = call({"plot", "bce", "--out", folder / name});
        CHECK(output.status == 2);
        const std::string svg = folder / (std::string(name) == "x.svg.png" ? "x.svg.svg" : "x.svg");
        CHECK(contains(output.error, "[plot] expected a file that ends in .svg, the format that plots are drawn in, got " + (folder / name) + "; give --out " +
                                         svg + " and convert that"));
        CHECK_FALSE(std::filesystem::exists(folder / name));
    }
    for (const char* name : {"x.svg", "x.SVG", "x", "x.png.svg", ".hidden"}) {
        INFO(name);
        CHECK(call({"plot", "bce", "--out", folder / name}).status == 0);
        CHECK(contains(test::read_text(folder / name), "<svg"));
    }
}
