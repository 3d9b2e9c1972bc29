// What train and compare print and write around their runs.
#include <knoll/apps/commands/training.h>

#include <knoll/apps/command_line/parse.h>
#include <knoll/apps/report/results_files.h>
#include <knoll/core/error.h>
#include <knoll/core/parallel.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <regex>
#include <sstream>

using namespace knoll;
using namespace knoll::apps;
using knoll::test::call;
using knoll::test::contains;

namespace {

using Words = std::vector<std::string>;

Words small_command(const std::string& command, const Words& more) {
    Words words{command,    "imbalanced", "--data",  "shapes", "--train-size", "90",  "--test-size", "40",
                "--epochs", "1",          "--batch", "45",     "--model",      "mlp", "--ratio",     "0.5"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

std::string printed_summary(const Results& results, bool terminal = false) {
    std::ostringstream out;
    print_summary({out, out, terminal}, results);
    return out.str();
}

Results several_losses() {
    Results results{.task = "t", .data = "d"};
    results.runs = {{.loss = "bce+full", .seed = 1, .metrics = {{"mAP", 90}, {"CF1", 80}}, .seconds = 61},
                    {.loss = "bce+full", .seed = 2, .metrics = {{"mAP", 91}, {"CF1", 80}}, .seconds = 63},
                    {.loss = "bce", .seed = 1, .metrics = {{"mAP", 40}, {"CF1", 31}}, .seconds = 2},
                    {.loss = "bce", .seed = 2, .metrics = {{"mAP", 44}, {"CF1", 33}}, .seconds = 5},
                    {.loss = "hill", .seed = 1, .metrics = {{"mAP", 45}, {"CF1", 30}}, .seconds = 1}};
    results.references = {"bce+full"};
    return results;
}

// Times differ from run to run, and with them the widths of columns.
std::string without_times(const std::string& text) {
    const std::string masked = std::regex_replace(text, std::regex("\\d+ s\\b|\\d+:\\d\\d"), "TIME");
    return std::regex_replace(std::regex_replace(masked, std::regex(" +"), " "), std::regex("─+"), "─");
}

}  // namespace

TEST_CASE("the summary on the terminal: means with deviations, references marked, losses that diverged, and why") {
    Results results = several_losses();
    results.failed = {{"cce", 2, "it went wrong"}};
    CHECK(printed_summary(results) ==
          "loss                           mAP           CF1  time per run\n"
          "──────────────────────────────────────────────────────────────\n"
          "bce+full (reference)  90.50 ± 0.71  80.00 ± 0.00          1:02\n"
          "bce                   42.00 ± 2.83  32.00 ± 1.41           4 s\n"
          "hill                         45.00         30.00           1 s\n"
          "cce                              -             -      diverged\n"
          "\n"
          "cce diverged with seed 2: it went wrong\n");
}

TEST_CASE("on a terminal the best of a column is bold, unless there is but one row") {
    const std::string many = printed_summary(several_losses(), true);
    CHECK(contains(many, "\033[1m45.00\033[0m"));
    CHECK(contains(many, "\033[1m32.00 ± 1.41\033[0m"));
    CHECK_FALSE(contains(many, "\033[1m90.50"));
    Results one = several_losses();
    one.runs.resize(1);
    one.references.clear();
    CHECK_FALSE(contains(printed_summary(one, true), "\033[1m"));
}

TEST_CASE("settings are printed on one line") {
    std::ostringstream out;
    print_settings({out, out}, {{"epochs", "2"}, {"lr", "0.1"}, {"model", "mlp"}});
    CHECK(out.str() == "epochs 2, lr 0.1, model mlp\n");
}

TEST_CASE("the command that goes on with a run can be pasted into a shell") {
    const test::TemporaryFolder folder;
    const auto way_on = [&](const std::string& name) {
        return make_plan(std::get<TrainOptions>(parse(small_command("train", {"--out", folder / name})))).way_on;
    };
    CHECK(way_on("a.b-c_1") == "knoll train imbalanced --resume " + folder / "a.b-c_1");
    CHECK(way_on("my run") == "knoll train imbalanced --resume '" + folder / "my run'");
    CHECK(way_on("it's") == "knoll train imbalanced --resume '" + folder / "it'\\''s'");
    CHECK(make_plan(std::get<TrainOptions>(parse(small_command("train", {})))).way_on.empty());
    CHECK(make_plan(std::get<CompareOptions>(parse(small_command("compare", {"--out", folder / "c"})))).way_on ==
          "knoll compare imbalanced --resume " + folder / "c");
}

TEST_CASE("a plan has the task's own losses unless some are given, one folder, and the threads that are asked for") {
    const test::TemporaryFolder folder;
    const int before = num_threads();
    const TrainingPlan plan = make_plan(std::get<CompareOptions>(parse(small_command("compare", {"--threads", "2", "--out", folder / "o"}))));
    CHECK(num_threads() == 2);
    set_num_threads(before);
    CHECK(plan.folder == folder / "o");
    CHECK(plan.lock != nullptr);
    Words names;
    for (const Method& method : plan.methods) names.push_back(method.text);
    CHECK(names == plan.task->info().methods);
    const TrainingPlan chosen = make_plan(std::get<CompareOptions>(parse(small_command("compare", {"--losses", "cce,cce+inverse"}))));
    CHECK(chosen.methods.size() == 2);
    CHECK(chosen.methods[1].text == "cce+inverse");
    CHECK(chosen.folder.empty());
    CHECK(chosen.lock == nullptr);
    CHECK(num_threads() == before);
    const auto both = std::get<TrainOptions>(parse(small_command("train", {"--out", folder / "x", "--resume", folder / "y"})));
    CHECK_THROWS_WITH(make_plan(both), "expected --out or --resume, got both; --resume goes on in its own folder");
    const auto unwritable = std::get<TrainOptions>(parse(small_command("train", {"--json", folder / "none/r.json"})));
    CHECK_THROWS_AS(make_plan(unwritable), FileError);
}

TEST_CASE("train takes the task's first loss that is no reference, and says what it does and where it ended") {
    const test::TemporaryFolder folder;
    const test::Output output = call(small_command("train", {"--seed", "3", "--out", folder / "o"}));
    INFO(output.error);
    REQUIRE(output.status == 0);
    std::istringstream lines{output.out};
    std::string settings, epoch, blank;
    std::getline(lines, settings);
    std::getline(lines, epoch);
    std::getline(lines, blank);
    CHECK(settings.rfind("task imbalanced, data ", 0) == 0);
    CHECK(contains(settings, ", loss cross_entropy, epochs 1, batch 45, lr "));
    CHECK(contains(settings, ", seed 3"));
    CHECK(epoch.rfind("cross_entropy  epoch 1/1  loss ", 0) == 0);
    CHECK(blank.empty());
    const Results results = parse_results_json(test::read_text(folder / "o/results.json"), "results.json");
    REQUIRE(results.runs.size() == 1);
    CHECK(results.runs[0].seed == 3);
    CHECK(results.references.empty());
    CHECK(without_times(output.out.substr(output.out.find("\n\n") + 2)) ==
          without_times(printed_summary(results) + "\nlog, results and weights: " + folder / "o" + "\n"));
}

TEST_CASE("compare goes seed by seed, groups its results by loss, and writes the table that it prints") {
    const test::TemporaryFolder folder;
    const Words words = small_command("compare", {"--losses", "cross_entropy,cce", "--seeds", "2", "--seed", "4", "--lr", "0.01", "--out", folder / "o"});
    const test::Output output = call(words);
    INFO(output.error);
    REQUIRE(output.status == 0);
    std::istringstream lines{output.out};
    std::string line;
    std::getline(lines, line);
    CHECK(contains(line, ", lr 0.01, "));
    CHECK(line.substr(line.rfind(", ")) == ", seeds 4 to 5");
    for (const char* run : {"cross_entropy  seed 4  ", "cce  seed 4  ", "cross_entropy  seed 5  ", "cce  seed 5  "}) {
        std::getline(lines, line);
        CHECK(line.rfind(run, 0) == 0);
    }
    const Results results = parse_results_json(test::read_text(folder / "o/results.json"), "results.json");
    REQUIRE(results.runs.size() == 4);
    const Words losses{"cross_entropy", "cross_entropy", "cce", "cce"};
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(results.runs[i].loss == losses[i]);
        CHECK(results.runs[i].seed == 4 + i % 2);
        CHECK(std::filesystem::exists(folder / ("o/runs/" + losses[i] + "-seed" + std::to_string(4 + i % 2) + "/run.json")));
    }
    const std::string table = test::read_text(folder / "o/table.txt");
    CHECK(table == printed_summary(results));
    CHECK(contains(output.out, "\n\n" + table + "\nreport: " + folder / "o/report.html" + "\n"));
    CHECK(test::read_text(folder / "o/results.csv") == results_csv(results));
    const std::string report = test::read_text(folder / "o/report.html");
    CHECK(contains(report, "knoll compare imbalanced --data shapes"));

    // A second time nothing is trained: the same numbers, times among them.
    const test::Output again = call({"compare", "imbalanced", "--resume", folder / "o"});
    CHECK(again.out == output.out);
    CHECK(test::read_text(folder / "o/table.txt") == table);
}

TEST_CASE("a hyper-parameter in which losses differ is named for each") {
    const test::Output output = call({"compare", "missing-labels", "--data", "shapes", "--train-size", "64", "--test-size", "32", "--epochs", "1", "--model",
                                      "mlp", "--losses", "bce,wan,bce+full"});
    INFO(output.error);
    REQUIRE(output.status == 0);
    CHECK(contains(output.out, ", epochs 1, batch 32, lr 0.011 (bce), 0.004 (wan), 0.008 (bce+full), optimizer adam, "));
    CHECK(contains(output.out, ", seeds 1\n"));
    CHECK(contains(output.out, "bce+full (reference)"));
    CHECK_FALSE(contains(output.out, "bce (reference)"));
}
