#include <knoll/apps/report/results_files.h>
#include <knoll/core/files/safetensors.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace knoll;
using knoll::test::call;
using knoll::test::contains;

namespace {

std::vector<std::string> small_search(const std::string& command, const std::string& task, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{command, task, "--data", "shapes"};
    const std::vector<std::string> sizes =
        task == "active" ? std::vector<std::string>{"--train-size", "90", "--test-size", "50", "--model",      "mlp", "--budget", "30",
                                                    "--initial",    "10", "--rounds",    "2",  "--candidates", "40",  "--draws",  "160"}
                         : std::vector<std::string>{"--train-size", "600", "--test-size", "500", "--epochs", "2", "--steps", "2", "--pairs", "1"};
    arguments.insert(arguments.end(), sizes.begin(), sizes.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

apps::RunResult search_result(const std::string& path) {
    apps::RunResult run = apps::parse_run_json(test::read_text(path), path);
    run.seconds = 0;
    for (apps::EpochRecord& record : run.epochs) record.seconds = 0;
    return run;
}

}  // namespace

TEST_CASE("a run that buys labels or evolves a loss ends with the same bits when it was interrupted and resumed") {
    const std::vector<std::pair<std::string, std::string>> runs{{"active", "ldm"}, {"active", "coreset"}, {"learned-loss", "mln"}};
    for (const auto& run : runs) {
        const test::TemporaryFolder whole;
        const test::TemporaryFolder broken;
        INFO(run.second);
        REQUIRE(call(small_search("train", run.first, {"--loss", run.second, "--threads", "1", "--out", whole.path()})).status == 0);
        REQUIRE(test::call_interrupted(small_search("train", run.first, {"--loss", run.second, "--threads", "2", "--out", broken.path()})).status == 130);
        REQUIRE(call(small_search("train", run.first, {"--loss", run.second, "--resume", broken.path()})).status == 0);
        CHECK(search_result(whole / "run.json") == search_result(broken / "run.json"));
        const auto weights = load_safetensors(whole / "model.safetensors").tensors, others = load_safetensors(broken / "model.safetensors").tensors;
        REQUIRE(weights.size() == others.size());
        for (std::size_t i = 0; i < weights.size(); ++i) CHECK(weights[i].second.to_vector() == others[i].second.to_vector());
    }
}

TEST_CASE("comparisons of strategies and of losses that are learned report curves, purchases and the loss") {
    const test::TemporaryFolder folder;
    const test::Output bought = call(small_search("compare", "active", {"--out", folder / "active"}));
    INFO(bought.error);
    REQUIRE(bought.status == 0);
    const std::string page = test::read_text(folder / "active/report.html");
    for (const char* part : {"labels bought", "Labels bought in the first rounds", "Round 2: 20, of which the model had mistaken", "mean_accuracy"})
        CHECK(contains(page, part));

    const test::Output learned = call(small_search("compare", "learned-loss", {"--out", folder / "learned"}));
    INFO(learned.error);
    REQUIRE(learned.status == 0);
    CHECK(contains(test::read_text(folder / "learned/report.html"), "The loss that was learned"));
    CHECK(contains(learned.out, "unseen_accuracy"));
}

TEST_CASE("tasks that search refuse what they cannot do") {
    const auto error = [](const std::string& task, const std::vector<std::string>& more) { return call(small_search("train", task, more)).error; };
    CHECK(contains(error("active", {"--loss", "cross_entropy"}), "expected a strategy (random, entropy, margin, coreset, ldm), got cross_entropy"));
    CHECK(contains(error("active", {"--loss", "ldm", "--ema", "0.9"}), "expected no --ema, since every round starts afresh, got 0.9"));
    CHECK(contains(call({"train", "active", "--data", "shapes", "--train-size", "90", "--test-size", "50", "--initial", "10", "--budget", "91"}).error,
                   "expected a --budget of at most the 90 training examples, got 91"));
    CHECK(contains(call({"train", "active", "--data", "shapes", "--train-size", "90", "--test-size", "50", "--initial", "700"}).error,
                   "expected --initial of at most --budget, 600, got 700"));
    CHECK(contains(error("learned-loss", {"--loss", "mln", "--batch", "64"}), "expected a batch to be a small task of"));
    CHECK(contains(error("learned-loss", {"--loss", "mln", "--model", "mlp"}), "expected no --model, since the model is a loss, got mlp"));
    CHECK(contains(error("learned-loss", {"--loss", "mln", "--inner-lr", "-1"}), "[learned-loss] expected --inner-lr to be a number in [1e-06, 1000], got -1"));
}
