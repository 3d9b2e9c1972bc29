#include <knoll/apps/terminal/progress.h>
#include <knoll/apps/terminal/table.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>
#include <sstream>

using namespace knoll::apps;

TEST_CASE("columns are aligned by what is seen, not by bytes") {
    std::ostringstream out;
    Table table{{"loss", "mAP"}, 1};
    table.add({{"bce"}, {"47.00 ± 0.10"}});
    table.add({{"hill"}, {"5.00", true}});
    table.print({out, out});
    CHECK(out.str() ==
          "loss           mAP\n"
          "──────────────────\n"
          "bce   47.00 ± 0.10\n"
          "hill          5.00\n");
}

TEST_CASE("on a terminal that is too narrow a table has parts below each other, each with the names") {
    std::ostringstream out;
    Table table{{"loss", "mAP", "CF1", "OF1"}, 1};
    table.add({{"bce"}, {"47.00"}, {"5.00"}, {"1.00"}});
    table.add({{"hill"}, {"5.00"}, {"65.00"}, {"2.00"}});
    const auto printed = [&](std::size_t width, bool terminal = true) {
        out.str("");
        table.print({out, out, terminal, [width] { return width; }});
        return out.str();
    };
    const std::string whole =
        "loss    mAP    CF1   OF1\n"
        "────────────────────────\n"
        "bce   47.00   5.00  1.00\n"
        "hill   5.00  65.00  2.00\n";
    CHECK(printed(25) == whole);  // the last column of the terminal stays free
    CHECK(printed(10, false) == whole);
    CHECK(printed(24) ==
          "loss    mAP    CF1\n"
          "──────────────────\n"
          "bce   47.00   5.00\n"
          "hill   5.00  65.00\n"
          "\n"
          "loss   OF1\n"
          "──────────\n"
          "bce   1.00\n"
          "hill  2.00\n");
    const std::string narrow = printed(3);
    CHECK(std::count(narrow.begin(), narrow.end(), '\n') == 3 * 4 + 2);
}

TEST_CASE("the best is bold on a terminal alone") {
    std::ostringstream out;
    Table table{{"x"}, 0};
    table.add({{"7", true}});
    table.print({out, out, true});
    CHECK(out.str().find("\033[1m7\033[0m") != std::string::npos);
}

TEST_CASE("a row of another width is refused") { CHECK_THROWS(Table({"a", "b"}, 1).add({{"1"}})); }

TEST_CASE("numbers with a fixed number of decimals") {
    CHECK(fixed(2.345, 1) == "2.3");
    CHECK(fixed(-0.001, 2) == "0.00");
    CHECK(fixed(-1.5, 0) == "-2");
    CHECK(fixed(std::numeric_limits<double>::quiet_NaN(), 2) == "nan");
    CHECK(fixed(-std::numeric_limits<double>::infinity(), 2) == "-inf");
}

TEST_CASE("durations as people write them") {
    CHECK(duration(6.6) == "7 s");
    CHECK(duration(185) == "3:05");
    CHECK(duration(3723) == "1:02:03");
    CHECK(duration(-1) == "0 s");
}

TEST_CASE("a progress bar shows on a terminal, and nowhere else") {
    std::ostringstream out;
    const Console plain{out, out};
    const Console terminal{out, out, true};
    {
        Progress progress{plain, false, "work", 10};
        progress.advance(10);
    }
    {
        Progress progress{terminal, true, "work", 10};
        progress.advance(10);
    }
    CHECK(out.str().empty());
    {
        Progress progress{terminal, false, "work", 10};
        progress.advance(10, [] { return "loss 0.5"; });
    }
    CHECK(out.str().find("100 %") != std::string::npos);
    CHECK(out.str().find("loss 0.5") != std::string::npos);
    CHECK(out.str().substr(out.str().size() - 4) == "\r\033[K");
}
