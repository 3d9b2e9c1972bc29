// The tasks with several labels an image, on drawn shapes: methods that estimate and correct labels.
#include <knoll/apps/report/results_files.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;
using knoll::test::call;
using knoll::test::contains;

namespace {

std::vector<std::string> tiny_labels(const std::string& command, const std::string& task, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{command, task,       "--data", "shapes",  "--train-size", "120",     "--test-size",
                                       "60",    "--epochs", "1",      "--batch", "40",           "--model", "mlp"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

}  // namespace

TEST_CASE("missing labels are estimated by role, and the report shows what was found") {
    const test::TemporaryFolder folder;
    const test::Output output = call(tiny_labels("compare", "missing-labels", {"--losses", "role,epr:k=2.3,gr:horizon=3", "--out", folder.path()}));
    INFO(output.error);
    REQUIRE(output.status == 0);
    const apps::Results results = apps::parse_results_json(test::read_text(folder / "results.json"), "results.json");
    REQUIRE(results.runs.size() == 3);
    for (const apps::RunResult& run : results.runs)
        for (const apps::Metric& metric : run.metrics) CHECK(std::isfinite(metric.value));
    const std::string html = test::read_text(folder / "report.html");
    CHECK(contains(html, "Labels that the estimates have found"));
    CHECK(contains(html, "Labels that the model finds on its own training images"));
    CHECK(contains(call(tiny_labels("train", "missing-labels", {"--loss", "role:k=2"})).error, "expected role without parameters, got role:k=2"));
}

TEST_CASE("long-tailed classes with partial labels are judged by their number of examples") {
    const test::TemporaryFolder folder;
    const test::Output output =
        call(tiny_labels("compare", "long-tailed-partial", {"--ratio", "0.05", "--losses", "bce+full,mfm,comic,splc", "--out", folder.path()}));
    INFO(output.error);
    REQUIRE(output.status == 0);
    CHECK(contains(output.out, "many-shot classes"));
    const apps::Results results = apps::parse_results_json(test::read_text(folder / "results.json"), "results.json");
    REQUIRE(results.runs.size() == 4);
    std::vector<std::string> names;
    for (const apps::Metric& metric : results.runs[2].metrics) {
        names.push_back(metric.name);
        CHECK(std::isfinite(metric.value));
    }
    CHECK(names == std::vector<std::string>{"mAP", "many", "medium", "few"});
    CHECK(contains(test::read_text(folder / "report.html"), "Labels that the model finds on its own training images"));
    const auto refused = [](const std::vector<std::string>& more) { return call(tiny_labels("train", "long-tailed-partial", more)).error; };
    CHECK(contains(refused({"--ratio", "0"}), "[long-tailed-partial] expected --ratio to be a number in [1e-04, 1], got 0"));
    CHECK(contains(refused({"--drop", "much"}), "[long-tailed-partial] expected --drop to be a number in [0, 1], got much"));
    CHECK(contains(call({"train", "long-tailed-partial", "--data", "arff:a,b,3"}).error, "[data] expected objects to compose scenes of, got arff:a,b,3"));
}
