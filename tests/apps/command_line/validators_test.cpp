#include <knoll/apps/command_line/validators.h>

#include <catch2/catch.hpp>

#include <limits>

using namespace knoll::apps;

namespace {

std::string problem(const CLI::Validator& validator, std::string input) { return validator(input); }

}  // namespace

TEST_CASE("whole numbers are decimal digits within bounds") {
    const CLI::Validator count = whole_number(1);
    for (const char* good : {"1", "3", "1000000000"}) CHECK(problem(count, good).empty());
    for (const char* bad : {"0", "-1", "", " 3", "3x", "0x10", "1e3", "0.5", "nan", "inf", "1000000001", "99999999999999999999"}) {
        INFO(bad);
        CHECK(problem(count, bad).rfind("expected a whole number from 1 to 1000000000, got ", 0) == 0);
    }
    CHECK(problem(whole_number(0, std::numeric_limits<std::int64_t>::max()), "9223372036854775807").empty());
    std::string octal = "010";
    CHECK(count(octal).empty());
    CHECK(octal == "10");
}

TEST_CASE("numbers are finite and within bounds, and nothing is no number") {
    for (const CLI::Validator& validator : {positive(), not_negative(), below_one(), logit()})
        for (const char* bad : {"nan", "inf", "-inf", "1e999", "", "3x", " 1", "-1e7"}) {
            INFO(bad);
            CHECK_FALSE(problem(validator, bad).empty());
        }
    CHECK(problem(positive(), "2.5e-3").empty());
    CHECK(problem(positive(), "0") == "expected a number above 0, got 0");
    CHECK(problem(not_negative(), "0").empty());
    CHECK(problem(below_one(), "1") == "expected a number in [0, 1), got 1");
    CHECK(problem(logit(), "-6").empty());
    CHECK(problem(logit(), "") == "expected a number from -1e6 to 1e6, got nothing");
}

TEST_CASE("unknown names are answered with the nearest") {
    CHECK(problem(one_of({"none", "mean", "sum"}), "mean").empty());
    CHECK(problem(one_of({"none", "mean", "sum"}), "meen") == "expected a known name, got meen; did you mean mean?");
    CHECK(problem(given_path(), "a").empty());
    CHECK(problem(given_path(), "") == "expected a path, got nothing");
}
