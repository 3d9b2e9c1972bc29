#include <knoll/apps/tasks/one_answer.h>

#include <knoll/apps/report/results_files.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

using namespace knoll;
using namespace knoll::apps;
using knoll::test::call;
using knoll::test::contains;

namespace {

const std::vector<std::string> names{"coat", "shirt", "bag"};

Tensor counts(const std::vector<double>& numbers) { return tensor(numbers, {3, 3}, DType::i64); }

}  // namespace

TEST_CASE("predictions that are all one class are told of, with their number and the class") {
    CHECK(note_of_one_class(counts({0, 5, 0, 0, 2, 0, 0, 0, 0}), names) == "all 7 predictions are one class, shirt; a lower --lr or another --model may help");
    CHECK(note_of_one_class(counts({0, 0, 1, 0, 0, 0, 0, 0, 1}), names) == "all 2 predictions are one class, bag; a lower --lr or another --model may help");
    CHECK(note_of_one_class(counts({5, 0, 0, 1, 1, 0, 0, 0, 0}), names).empty());
    CHECK(note_of_one_class(counts({0, 7, 0, 0, 0, 0, 0, 0, 0}), names).empty());  // one class is all there is
    CHECK(note_of_one_class(counts({0, 0, 0, 0, 0, 0, 0, 0, 0}), names).empty());
}

TEST_CASE("labels that are predicted for no example, or all for every one, are told of") {
    CHECK(note_of_same_labels({.possible = 12, .present = 3, .predicted = 0}) ==
          "no label is predicted for any example; a lower --lr or another --model may help");
    CHECK(note_of_same_labels({.possible = 12, .present = 3, .predicted = 12}) ==
          "every label is predicted for all examples; a lower --lr or another --model may help");
    CHECK(note_of_same_labels({.possible = 12, .present = 3, .predicted = 1}).empty());
    CHECK(note_of_same_labels({.possible = 12, .present = 3, .predicted = 11}).empty());
    CHECK(note_of_same_labels({.possible = 12, .present = 0, .predicted = 0}).empty());
    CHECK(note_of_same_labels({.possible = 12, .present = 12, .predicted = 12}).empty());
}

TEST_CASE("a run that predicts one class says so on the terminal, in the table and in the report, and goes on to say so when resumed") {
    const test::TemporaryFolder folder;
    const auto arguments = [&](const char* option) {
        return std::vector<std::string>{"compare",  "imbalanced",        "--data", "shapes",  "--train-size", "200",        "--test-size",
                                        "50",       "--epochs",          "2",      "--ratio", "0.5",          "--model",    "lenet5",
                                        "--losses", "cross_entropy,cce", "--lr",   "0.9",     option,         folder.path()};
    };
    const test::Output output = call(arguments("--out"));
    INFO(output.out << output.error);
    REQUIRE(output.status == 0);
    const std::string note = "cross_entropy with seed 1: all 50 predictions are one class, ";
    CHECK(contains(output.out, "\n" + note));
    CHECK(contains(test::read_text(folder / "report.html"), "<p class=\"note\">" + note));
    CHECK(contains(test::read_text(folder / "table.txt"), note));
    const std::string json = test::read_text(folder / "results.json");
    CHECK_FALSE(contains(json, "note"));
    CHECK(contains(call(arguments("--resume")).out, note));
}

TEST_CASE("a run without a label predicted says so") {
    const test::Output output = call({"train", "missing-labels", "--data", "shapes", "--train-size", "1500", "--batch", "8", "--test-size", "50", "--epochs",
                                      "2", "--model", "mlp", "--loss", "hill"});
    INFO(output.out << output.error);
    REQUIRE(output.status == 0);
    CHECK(contains(output.out, "\nhill with seed 1: no label is predicted for any example; "));
}
