#include <knoll/apps/report/results_files.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

using namespace knoll;

namespace {

std::vector<std::string> tiny_metric_call(const std::string& command, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{command, "metric", "--data", "shapes", "--train-size", "150", "--test-size", "60", "--epochs", "2", "--model", "mlp"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

}  // namespace

TEST_CASE("metric learning compares all its methods on unseen classes, and shows neighbours") {
    const test::TemporaryFolder folder;
    const test::Output output = test::call(tiny_metric_call("compare", {"--out", folder.path()}));
    INFO(output.error);
    REQUIRE(output.status == 0);
    const apps::Results results = apps::parse_results_json(test::read_text(folder / "results.json"), "results.json");
    REQUIRE(results.runs.size() == 6);
    for (const apps::RunResult& run : results.runs) {
        INFO(run.loss);
        REQUIRE(run.metrics.size() == 2);
        CHECK(run.metrics[0].name == "MAP@R");
        CHECK(run.metrics[1].name == "recall@1");
        for (const apps::Metric& metric : run.metrics) CHECK((metric.value > 0 && metric.value <= 100));
    }
    CHECK(test::contains(test::read_text(folder / "report.html"), "Nearest neighbours"));
}

TEST_CASE("without a memory, cross-batch memory is its loss alone, and with one it is not") {
    const auto log_of = [](const std::vector<std::string>& more) {
        const test::TemporaryFolder folder;
        std::vector<std::string> arguments = tiny_metric_call("train", more);
        arguments.insert(arguments.end(), {"--lr", "0.003", "--json", folder / "results.json"});
        REQUIRE(test::call(arguments).status == 0);
        return apps::parse_results_json(test::read_text(folder / "results.json"), "results.json").runs.front().metrics.front().value;
    };
    const double plain = log_of({"--loss", "contrastive"});
    CHECK(log_of({"--loss", "xbm", "--memory", "0"}) == plain);
    CHECK(log_of({"--loss", "xbm", "--memory", "64"}) != plain);
}

TEST_CASE("metric learning refuses batches and memories that cannot be") {
    CHECK(test::contains(test::call(tiny_metric_call("train", {"--batch", "30"})).error,
                         "[metric] expected --batch to be a multiple of 4, the classes in a batch, and at least 8, got 30"));
    CHECK(test::contains(test::call(tiny_metric_call("train", {"--memory", "-1"})).error, "--memory"));
    CHECK(test::contains(test::call(tiny_metric_call("train", {"--loss", "bce"})).error, "expected a loss for targets of kind same class"));
    CHECK(test::contains(test::call({"plot", "triplet", "--out", "never.svg"}).error,
                         "[plot] expected losses of a logit, got triplet, a loss of pairs of embeddings, which has no such curve"));
}
