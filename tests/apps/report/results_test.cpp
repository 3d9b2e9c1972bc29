#include <knoll/apps/report/results.h>
#include <knoll/apps/report/results_files.h>

#include <knoll/core/error.h>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

using namespace knoll::apps;

namespace {

Results two_losses() {
    Results results{.task = "missing-labels", .data = "shapes"};
    results.options = {{"epochs", "2"}, {"keep", "single"}};
    results.runs = {{.loss = "bce+full", .seed = 1, .metrics = {{"mAP", 90}, {"CF1", 80}}, .seconds = 1.5},
                    {.loss = "bce", .seed = 1, .metrics = {{"mAP", 40}, {"CF1", 30}}, .seconds = 1},
                    {.loss = "bce", .seed = 2, .metrics = {{"mAP", 44}, {"CF1", 30}}, .seconds = 3},
                    {.loss = "asl:gamma_neg=2,clip=0", .seed = 1, .metrics = {{"mAP", 41}, {"CF1", 31}}, .seconds = 1}};
    results.references = {"bce+full"};
    return results;
}

}  // namespace

TEST_CASE("the summary has means, standard deviations over n - 1, and the best among equals") {
    const auto summaries = summarize(two_losses());
    REQUIRE(summaries.size() == 3);
    CHECK(summaries[0].reference);
    CHECK_FALSE(summaries[0].metrics[0].best);
    CHECK(summaries[1].metrics[0].mean == 42);
    CHECK(summaries[1].metrics[0].std == Approx(std::sqrt(8.0)));
    CHECK(summaries[1].metrics[0].best);
    CHECK(summaries[2].metrics[0].std == 0);
    CHECK(summaries[2].metrics[1].best);
    CHECK(summaries[1].seconds == 2);
    CHECK(mean_std_text(summaries[1].metrics[0], 2) == "42.00 ± 2.83");
    CHECK(mean_std_text(summaries[2].metrics[0], 1) == "41.00");
}

TEST_CASE("results.json has exactly its members and reads back") {
    const Results results = two_losses();
    const std::string text = results_json(results);
    const auto json = nlohmann::json::parse(text);
    CHECK(json.size() == 5);
    CHECK(json["task"] == "missing-labels");
    CHECK(json["data"] == "shapes");
    CHECK(json["options"]["keep"] == "single");
    CHECK(json["runs"].size() == 4);
    CHECK(json["runs"][1].size() == 4);
    CHECK(json["runs"][1]["metrics"]["mAP"] == 40);
    CHECK(json["runs"][1]["seed"] == 1);
    CHECK(json["summary"][1]["loss"] == "bce");
    CHECK(json["summary"][1]["metrics"]["mAP"]["mean"] == 42);
    CHECK(json["summary"][1]["metrics"]["CF1"]["std"] == 0);

    const Results back = parse_results_json(text, "here");
    CHECK(back.runs == results.runs);
    CHECK(back.options == results.options);
    CHECK(results_json(back) == text);
}

TEST_CASE("a loss of which a run failed has no summary, and results.json says which and why") {
    Results results = two_losses();
    results.failed = {{"bce", 3, "it diverged"}};
    const auto summaries = summarize(results);
    REQUIRE(summaries.size() == 2);
    CHECK(summaries[1].loss == "asl:gamma_neg=2,clip=0");
    const auto json = nlohmann::json::parse(results_json(results));
    CHECK(json["runs"].size() == 4);
    CHECK(json["failed"] == nlohmann::json::parse(R"([{"loss": "bce", "seed": 3, "reason": "it diverged"}])"));
    CHECK(parse_results_json(results_json(results), "here").failed == results.failed);
}

TEST_CASE("results.csv has one line per run, and quotes what has commas") {
    CHECK(results_csv(two_losses()) ==
          "loss,seed,mAP,CF1,seconds\n"
          "bce+full,1,90,80,1.5\n"
          "bce,1,40,30,1\n"
          "bce,2,44,30,3\n"
          "\"asl:gamma_neg=2,clip=0\",1,41,31,1\n");
}

TEST_CASE("the record of a run reads back with its log") {
    const RunResult run{.loss = "hill",
                        .seed = 7,
                        .metrics = {{"mAP", 1.0 / 3}},
                        .seconds = 0.1,
                        .epochs = {{.epoch = 1, .loss = 0.1, .learning_rate = 1e-3, .seconds = 2, .metrics = {{"mAP", 12.5}}}},
                        .per_class = {1, 2.5},
                        .galleries = {{.title = "Found",
                                       .introduction = "near",
                                       .rows = {{.caption = "a bag", .images = {{.data_uri = "data:,", .recovered = {"bag"}, .mark = Mark::wrong}}}}}},
                        .figures = {{.svg = "<svg></svg>", .caption = "a line", .wide = true}}};
    CHECK(parse_run_json(run_json(run), "here") == run);
    RunResult unknown = run;
    unknown.per_class[0] = std::numeric_limits<double>::quiet_NaN();
    const RunResult back = parse_run_json(run_json(unknown), "here");
    CHECK(std::isnan(back.per_class[0]));
    CHECK(back.per_class[1] == 2.5);
    CHECK_THROWS_WITH(parse_run_json("{}", "some/run.json"), Catch::Contains("some/run.json"));
    CHECK_THROWS_AS(parse_run_json("not json", "x"), knoll::FileError);
    std::string unmarked = run_json(run);
    unmarked.replace(unmarked.find("\"wrong\""), 7, "\"worse\"");
    CHECK_THROWS_WITH(parse_run_json(unmarked, "x"), Catch::Contains("not none, right or wrong"));
}

TEST_CASE("numbers of a result that are not whole, out of range or no list are refused, not rounded") {
    const RunResult run{.loss = "hill", .seed = 7, .seconds = 0.5, .epochs = {{.epoch = 1}}, .per_class = {1}};
    const auto refuses = [&](const char* pointer, const nlohmann::json& value, const char* reason) {
        auto json = nlohmann::json::parse(run_json(run));
        json[nlohmann::json::json_pointer(pointer)] = value;
        INFO(json);
        CHECK_THROWS_AS(parse_run_json(json.dump(), "some/run.json"), knoll::FileError);
        CHECK_THROWS_WITH(parse_run_json(json.dump(), "some/run.json"), Catch::Contains("some/run.json") && Catch::Contains(reason));
    };
    refuses("/epochs/0/epoch", 1e300, "got not a whole number in range but 1e+300");
    refuses("/epochs/0/epoch", 5'000'000'000, "but 5000000000");
    refuses("/seed", 1.5, "but 1.5");
    refuses("/seed", -1, "but -1");
    refuses("/seed", "7", "but string");
    refuses("/per_class", 5, "got not a list but 5");
    refuses("/epochs", nlohmann::json::object(), "got not a list but object");
    refuses("/metrics", 5, "got not an object but 5");
}

TEST_CASE("results whose runs have different metrics are refused, for there is no summary of them") {
    auto json = nlohmann::json::parse(results_json(two_losses()));
    json["runs"][2]["metrics"] = {{"mAP", 1}};
    CHECK_THROWS_WITH(parse_results_json(json.dump(), "some/results.json"), Catch::Contains("got not the metrics of the other runs but object"));
    CHECK_THROWS_WITH(parse_results_json("{\"task\": \"a", "some/results.json"), Catch::Contains("some/results.json, offset 11"));
}

TEST_CASE("means and deviations of no, one and several numbers") {
    CHECK(mean_std({}).mean == 0);
    CHECK(mean_std({}).std == 0);
    CHECK(mean_std({7}).mean == 7);
    CHECK(mean_std({7}).std == 0);
    CHECK(mean_std({1, 2, 6}).mean == Approx(3));
    CHECK(mean_std({1, 2, 6}).std == Approx(std::sqrt(7.0)));
}

TEST_CASE("of equals the first is best, and with references alone none") {
    Results results{.task = "t", .data = "d"};
    results.runs = {{.loss = "full", .seed = 1, .metrics = {{"mAP", 99}}, .seconds = 1},
                    {.loss = "a", .seed = 1, .metrics = {{"mAP", 50}}, .seconds = 4},
                    {.loss = "b", .seed = 1, .metrics = {{"mAP", 50}}, .seconds = 2}};
    results.references = {"full"};
    const auto summaries = summarize(results);
    REQUIRE(summaries.size() == 3);
    CHECK_FALSE(summaries[0].metrics[0].best);
    CHECK(summaries[1].metrics[0].best);
    CHECK_FALSE(summaries[2].metrics[0].best);
    CHECK(summaries[0].runs == 1);
    results.references = {"full", "a", "b"};
    for (const LossSummary& summary : summarize(results)) CHECK_FALSE(summary.metrics[0].best);
    CHECK(summarize({}).empty());
    CHECK(metric_names({}).empty());
    CHECK(metric_names(results) == std::vector<std::string>{"mAP"});
    CHECK(runs_of(results, "b").size() == 1);
    CHECK(runs_of(results, "c").empty());
}

TEST_CASE("names of metrics are the same in order and number or not at all") {
    CHECK(same_names({{"a", 1}, {"b", 2}}, {{"a", 3}, {"b", 4}}));
    CHECK_FALSE(same_names({{"a", 1}, {"b", 2}}, {{"b", 2}, {"a", 1}}));
    CHECK_FALSE(same_names({{"a", 1}}, {{"a", 1}, {"b", 2}}));
    CHECK(same_names({}, {}));
}

TEST_CASE("results.csv doubles quotes within quotes, and has no metrics without runs") {
    Results results{.task = "t", .data = "d"};
    CHECK(results_csv(results) == "loss,seed,seconds\n");
    results.runs = {{.loss = "a\"b", .seed = 3, .metrics = {{"x,y", 0.5}}, .seconds = 2}};
    CHECK(results_csv(results) == "loss,seed,\"x,y\",seconds\n\"a\"\"b\",3,0.5,2\n");
}

TEST_CASE("results.json and the record of a run are written as here, members in the order of their reading") {
    Results results{.task = "t", .data = "d"};
    results.options = {{"z", "1"}, {"a", "2"}};
    results.runs = {{.loss = "bce", .seed = 18446744073709551615ULL, .metrics = {{"mAP", 40.5}}, .seconds = 1.5}};
    results.failed = {{"cce", 4, "why"}};
    CHECK(nlohmann::ordered_json::parse(results_json(results)).dump() ==
          R"({"task":"t","data":"d","options":{"z":"1","a":"2"},"runs":[{"loss":"bce","seed":18446744073709551615,"metrics":{"mAP":40.5},"seconds":1.5}],)"
          R"("summary":[{"loss":"bce","metrics":{"mAP":{"mean":40.5,"std":0.0}}}],"failed":[{"loss":"cce","seed":4,"reason":"why"}]})");
    const Results back = parse_results_json(results_json(results), "here");
    CHECK(back.runs == results.runs);
    CHECK(back.failed == results.failed);
}
