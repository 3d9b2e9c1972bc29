#include <knoll/apps/report/results_files.h>
#include <knoll/apps/training/run_folder.h>
#include <knoll/core/files/safetensors.h>
#include <knoll/core/parallel.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <fstream>

using namespace knoll;
using knoll::test::call;
using knoll::test::contains;

namespace {

std::vector<std::string> tiny(const std::string& command, const std::string& task, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{command, task, "--data", "shapes", "--train-size", "150", "--test-size", "60", "--epochs", "2", "--batch", "32"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

std::vector<double> weights_of(const std::string& path) {
    std::vector<double> all;
    for (const auto& [name, tensor] : load_safetensors(path).tensors) {
        const std::vector<double> values = tensor.to_vector();
        all.insert(all.end(), values.begin(), values.end());
    }
    return all;
}

// The lines of a log without the column of seconds, which no two runs share.
std::string log_without_time(const std::string& path) {
    std::istringstream log{test::read_text(path)};
    std::string kept;
    for (std::string line; std::getline(log, line);) {
        std::istringstream fields{line};
        std::string field;
        for (int i = 0; std::getline(fields, field, ','); ++i)
            if (i != 3) kept += field + ",";
        kept += "\n";
    }
    return kept;
}

class ThreadsRestored {
public:
    ~ThreadsRestored() { set_num_threads(before_); }

private:
    int before_ = num_threads();
};

}  // namespace

TEST_CASE("train writes log, checkpoint, weights and results, and says where") {
    const test::TemporaryFolder folder;
    const test::Output output = call(tiny("train", "missing-labels", {"--loss", "hill", "--out", folder.path(), "--json", folder / "r.json"}));
    INFO(output.error);
    REQUIRE(output.status == 0);
    CHECK(contains(output.out, "epoch 2/2"));
    CHECK(contains(output.out, folder.path()));
    const std::string log = test::read_text(folder / "log.csv");
    CHECK(std::count(log.begin(), log.end(), '\n') == 3);
    CHECK(log.rfind("epoch,loss,learning_rate,seconds,mAP,CF1,OF1\n", 0) == 0);
    const apps::Results results = apps::parse_results_json(test::read_text(folder / "r.json"), "r.json");
    REQUIRE(results.runs.size() == 1);
    CHECK(results.runs[0].loss == "hill");
    CHECK(results.runs[0].metrics.size() == 3);
    CHECK(std::filesystem::exists(folder / "checkpoint.safetensors"));
    CHECK(std::filesystem::exists(folder / "model.safetensors"));
}

TEST_CASE("a run that is interrupted in mid-epoch and resumed ends with the same bits") {
    const std::vector<std::pair<std::string, std::string>> runs{{"missing-labels", "splc"},       {"imbalanced", "cot"}, {"missing-labels", "role"},
                                                                {"long-tailed-partial", "comic"}, {"metric", "xbm"},     {"metric", "mem"}};
    for (const auto& run : runs) {
        const std::string &task = run.first, &method = run.second;
        const std::vector<std::string> ratio = task == "imbalanced" ? std::vector<std::string>{"--ratio", "0.5", "--ema", "0.9"} : std::vector<std::string>{};
        const auto with = [&](std::vector<std::string> more) {
            more.insert(more.end(), ratio.begin(), ratio.end());
            more.insert(more.end(), {"--loss", method});
            return tiny("train", task, more);
        };
        const test::TemporaryFolder whole;
        const test::TemporaryFolder broken;
        REQUIRE(call(with({"--out", whole.path()})).status == 0);

        const test::Output stopped = test::call_interrupted(with({"--out", broken.path()}));
        INFO(stopped.error);
        REQUIRE(stopped.status == 130);
        CHECK(contains(stopped.error, "--resume"));
        REQUIRE_FALSE(std::filesystem::exists(broken / "results.json"));

        REQUIRE(call(with({"--resume", broken.path()})).status == 0);
        CHECK(weights_of(whole / "model.safetensors") == weights_of(broken / "model.safetensors"));
        CHECK(log_without_time(whole / "log.csv") == log_without_time(broken / "log.csv"));
    }
}

TEST_CASE("the same seed gives the same bits at one and two threads, another seed gives others") {
    const ThreadsRestored restored;
    const test::TemporaryFolder one;
    const test::TemporaryFolder two;
    const test::TemporaryFolder other;
    REQUIRE(call(tiny("train", "missing-labels", {"--loss", "asl", "--threads", "1", "--out", one.path()})).status == 0);
    REQUIRE(call(tiny("train", "missing-labels", {"--loss", "asl", "--threads", "2", "--out", two.path()})).status == 0);
    REQUIRE(call(tiny("train", "missing-labels", {"--loss", "asl", "--seed", "2", "--out", other.path()})).status == 0);
    CHECK(weights_of(one / "model.safetensors") == weights_of(two / "model.safetensors"));
    CHECK(weights_of(one / "model.safetensors") != weights_of(other / "model.safetensors"));
}

TEST_CASE("compare writes results, table and report, and resumes without training again") {
    const test::TemporaryFolder folder;
    const auto arguments = [&](const char* option) {
        return tiny("compare", "imbalanced",
                    {"--ratio", "0.2", "--losses", "cross_entropy,cce,cot,cross_entropy+inverse,softmax_focal+over", "--seeds", "2", option, folder.path()});
    };
    const test::Output output = call(arguments("--out"));
    INFO(output.error);
    REQUIRE(output.status == 0);
    CHECK(contains(output.out, "balanced_accuracy"));
    CHECK(contains(output.out, " ± "));
    const std::string json = test::read_text(folder / "results.json");
    const apps::Results results = apps::parse_results_json(json, "results.json");
    REQUIRE(results.runs.size() == 10);
    CHECK(results.runs[0].metrics[2].name == "minority_accuracy");
    const std::string html = test::read_text(folder / "report.html");
    for (const char* part :
         {"cross_entropy+inverse", "Learning curves", "Class by class", "The losses compared", "data:image/png;base64,", "knoll compare imbalanced"})
        CHECK(contains(html, part));
    CHECK(contains(test::read_text(folder / "results.csv"), "loss,seed,accuracy,balanced_accuracy,minority_accuracy,seconds\n"));

    REQUIRE(call(arguments("--resume")).status == 0);
    CHECK(test::read_text(folder / "results.json") == json);
    const std::string table = test::read_text(folder / "table.txt");
    CHECK(table.rfind("loss ", 0) == 0);
    CHECK(contains(output.out, table));
}

TEST_CASE("a result in a folder that is resumed must be that of the run, and whole") {
    const test::TemporaryFolder folder;
    const auto arguments = [&](const char* option) {
        return tiny("compare", "missing-labels", {"--model", "mlp", "--losses", "bce,hill", option, folder.path()});
    };
    REQUIRE(call(arguments("--out")).status == 0);
    const std::string path = folder / "runs/hill-seed1/run.json";
    const apps::RunResult good = apps::parse_run_json(test::read_text(path), path);
    const auto refused = [&](const apps::RunResult& run) {
        std::ofstream{path} << apps::run_json(run);
        const test::Output output = call(arguments("--resume"));
        CHECK(output.status == 2);
        CHECK(contains(output.error, "expected the result of hill with seed 1 in " + folder.path()));
    };
    apps::RunResult bad = good;
    bad.loss = "bce";
    refused(bad);
    bad = good;
    bad.metrics.pop_back();
    refused(bad);
    bad = good;
    bad.epochs.back().metrics.clear();
    refused(bad);
    bad = good;
    bad.epochs.pop_back();
    refused(bad);
    bad = good;
    bad.per_class.clear();
    refused(bad);
    std::ofstream{path} << apps::run_json(good);
    CHECK(call(arguments("--resume")).status == 0);
}

TEST_CASE("classes without test examples have no score, and nothing else suffers") {
    const test::TemporaryFolder folder;
    const auto arguments = [&](const char* size, const char* option) {
        return std::vector<std::string>{"compare", "imbalanced", "--data", "shapes",  "--train-size", "150",      "--test-size", size,   "--epochs",
                                        "1",       "--model",    "mlp",    "--ratio", "0.5",          "--losses", "cce",         option, folder.path()};
    };
    REQUIRE(call(arguments("8", "--out")).status == 0);
    const apps::RunResult run = apps::parse_run_json(test::read_text(folder / "runs/cce-seed1/run.json"), "run.json");
    REQUIRE(std::any_of(run.per_class.begin(), run.per_class.end(), [](double score) { return std::isnan(score); }));
    for (const apps::Metric& metric : run.metrics) CHECK(std::isfinite(metric.value));
    CHECK_FALSE(contains(test::read_text(folder / "report.html"), "nan"));
    CHECK(call(arguments("8", "--resume")).status == 0);
    CHECK(contains(call(arguments("1", "--out")).error, "take a larger --test-size"));
}

TEST_CASE("labels are dropped for every loss but the reference") {
    const test::TemporaryFolder folder;
    REQUIRE(call(tiny("compare", "missing-labels", {"--losses", "bce+full,bce", "--out", folder.path()})).status == 0);
    const std::string html = test::read_text(folder / "report.html");
    CHECK(contains(html, "<tr class=\"reference\"><td><code>bce+full"));
    CHECK(contains(html, "class=\"label missing\""));
    CHECK(contains(html, "Gradient, negative target"));
}

TEST_CASE("a resumed run must have the settings that it was begun with") {
    const test::TemporaryFolder folder;
    REQUIRE(call(tiny("train", "missing-labels", {"--out", folder.path()})).status == 0);
    const test::Output output = call(tiny("train", "missing-labels", {"--lr", "0.5", "--resume", folder.path()}));
    CHECK(output.status == 2);
    CHECK(contains(output.error, "lr = 0.5"));
}

TEST_CASE("a run is resumed with the options that it was begun with, those that are not given again") {
    const test::TemporaryFolder whole;
    const test::TemporaryFolder broken;
    const auto arguments = [](const std::string& folder) {
        return tiny("train", "imbalanced", {"--loss", "cce:gamma=-2", "--ratio", "0.5", "--lr", "0.05", "--model", "mlp", "--seed", "3", "--out", folder});
    };
    REQUIRE(call(arguments(whole.path())).status == 0);
    REQUIRE(test::call_interrupted(arguments(broken.path())).status == 130);
    const test::Output output = call({"train", "imbalanced", "--resume", broken.path()});
    INFO(output.error);
    REQUIRE(output.status == 0);
    CHECK(weights_of(whole / "model.safetensors") == weights_of(broken / "model.safetensors"));

    CHECK(call({"train", "imbalanced", "--lr", "0.05", "--resume", broken.path()}).status == 0);
    CHECK(contains(call({"train", "imbalanced", "--lr", "0.5", "--resume", broken.path()}).error,
                   "expected the settings that " + broken.path() + " was begun with, lr = 0.05, got lr = 0.5"));
    CHECK(contains(call({"train", "missing-labels", "--resume", broken.path()}).error, "task = imbalanced, got task = missing-labels"));
}

TEST_CASE("a comparison is resumed with the options that it was begun with") {
    const test::TemporaryFolder folder;
    REQUIRE(call(tiny("compare", "missing-labels", {"--model", "mlp", "--losses", "bce,hill:lambda=1.2,margin=0", "--out", folder.path()})).status == 0);
    const std::string json = test::read_text(folder / "results.json");
    std::filesystem::remove(folder / "results.json");
    const test::Output output = call({"compare", "missing-labels", "--resume", folder.path()});
    INFO(output.error);
    REQUIRE(output.status == 0);
    CHECK(test::read_text(folder / "results.json") == json);
}

TEST_CASE("a resumed run must have the test set that it was begun with") {
    const test::TemporaryFolder folder;
    for (const char* name : {"train", "test", "other"}) {
        std::ofstream file{folder / name};
        for (int row = 0; row < 40; ++row) file << row % 5 << ',' << row % 3 << ',' << row % 2 << ',' << row % 3 / 2 << '\n';
    }
    const auto arguments = [&](const char* data, const char* option) {
        return std::vector<std::string>{"train", "missing-labels", "--data", data, "--data-dir", folder.path(), "--epochs", "1", option, folder / "run"};
    };
    REQUIRE(call(arguments("arff:train,test,2", "--out")).status == 0);
    const test::Output output = call(arguments("arff:train,other,2", "--resume"));
    CHECK(output.status == 2);
    CHECK(contains(output.error, "data = arff:train,test,2, got data = arff:train,other,2"));
    CHECK(call(arguments("arff:train,test,2", "--resume")).status == 0);
}

TEST_CASE("a run that is refused leaves no folder behind, and one that was there as it was") {
    const test::TemporaryFolder folder;
    const auto refused = [&](const std::string& path) {
        CHECK(call({"train", "imbalanced", "--data", "fashon", "--out", path}).status == 2);
        CHECK(call({"compare", "imbalanced", "--data", "shapes", "--ratio", "2", "--out", path}).status == 2);
    };
    refused(folder / "new/and/deep");
    refused(folder / "new/");
    CHECK(std::filesystem::is_empty(folder.path()));
    std::filesystem::create_directory(folder / "old");
    std::ofstream{folder / "old/mine"} << "mine";
    refused(folder / "old");
    CHECK(test::read_text(folder / "old/mine") == "mine");
}

TEST_CASE("a comparison that starts afresh forgets the one before, and nothing else") {
    const test::TemporaryFolder folder;
    REQUIRE(call(tiny("compare", "missing-labels", {"--model", "mlp", "--losses", "bce,hill", "--out", folder.path()})).status == 0);
    std::filesystem::create_directories(folder / "runs/mine");
    for (const char* mine : {"mine", "runs/mine/log.csv", "runs/bce-seed1/mine"}) std::ofstream{folder / mine} << "mine";
    const test::Output output =
        call(tiny("compare", "missing-labels", {"--model", "mlp", "--losses", "bce", "--lr", "1e30", "--optimizer", "sgd", "--out", folder.path()}));
    INFO(output.error);
    REQUIRE(output.status == 1);
    CHECK_FALSE(std::filesystem::exists(folder / "runs/hill-seed1"));
    CHECK_FALSE(std::filesystem::exists(folder / "runs/bce-seed1/run.json"));
    CHECK_FALSE(contains(test::read_text(folder / "results.json"), "hill"));
    for (const char* mine : {"mine", "runs/mine/log.csv", "runs/bce-seed1/mine"}) CHECK(test::read_text(folder / mine) == "mine");
}

TEST_CASE("a loss that diverges costs a comparison nothing but its own row") {
    const test::TemporaryFolder folder;
    const auto arguments = [&](const std::string& losses) {
        return tiny("compare", "imbalanced",
                    {"--ratio", "0.5", "--model", "mlp", "--optimizer", "sgd", "--schedule", "constant", "--losses", losses, "--seeds", "2", "--lr", "0.05",
                     "--out", folder.path()});
    };
    const test::Output output = call(arguments("cross_entropy,cce:gamma=-1e30,softmax_focal"));
    INFO(output.error);
    CHECK(output.status == 1);
    CHECK(contains(output.out, "cce:gamma=-1e30  seed 1  diverged"));
    CHECK_FALSE(contains(output.out, "cce:gamma=-1e30  seed 2"));
    CHECK(contains(output.out, "cce:gamma=-1e30 diverged with seed 1: ["));
    const apps::Results results = apps::parse_results_json(test::read_text(folder / "results.json"), "results.json");
    CHECK(results.runs.size() == 4);
    REQUIRE(results.failed.size() == 1);
    CHECK(results.failed[0].loss == "cce:gamma=-1e30");
    CHECK(contains(test::read_text(folder / "report.html"), "<code>cce:gamma=-1e30</code> diverged with seed 1"));
    CHECK(contains(test::read_text(folder / "table.txt"), "diverged"));

    const test::Output alone = call(arguments("cce:gamma=-1e30"));
    CHECK(alone.status == 1);
    CHECK(apps::parse_results_json(test::read_text(folder / "results.json"), "results.json").runs.empty());
}

TEST_CASE("the report says that a procedure has no curve") {
    const test::TemporaryFolder folder;
    REQUIRE(call(tiny("compare", "imbalanced", {"--ratio", "0.5", "--model", "mlp", "--losses", "cross_entropy,cot", "--out", folder.path()})).status == 0);
    CHECK(contains(test::read_text(folder / "report.html"), "cot is a procedure of several steps, not a loss, and has no curve of its own."));
}

TEST_CASE("only what was begun is resumed") {
    const test::TemporaryFolder folder;
    for (const std::string& path : {folder.path(), folder / "none"})
        for (const char* command : {"train", "compare"}) {
            const test::Output output = call(tiny(command, "missing-labels", {"--resume", path}));
            CHECK(output.status == 2);
            CHECK(contains(output.error, "expected a folder that such a run was begun in, got " + path));
        }
    CHECK(std::filesystem::is_empty(folder.path()));
    REQUIRE(call(tiny("train", "missing-labels", {"--model", "mlp", "--out", folder.path()})).status == 0);
    CHECK(call(tiny("compare", "missing-labels", {"--model", "mlp", "--resume", folder.path()})).status == 2);
}

TEST_CASE("the log has the learning rate of each epoch's last step") {
    const test::TemporaryFolder folder;
    REQUIRE(call(tiny("train", "missing-labels", {"--model", "mlp", "--schedule", "step", "--lr", "0.5", "--out", folder.path()})).status == 0);
    std::istringstream log{test::read_text(folder / "log.csv")};
    std::string header;
    std::string first;
    std::string second;
    std::getline(log, header);
    std::getline(log, first);
    std::getline(log, second);
    CHECK(contains(first, ",0.5,"));     // the full rate until half of the steps are taken
    CHECK(contains(second, ",0.005,"));  // a hundredth in the last quarter
}

TEST_CASE("a loss that is not finite stops the run with a clear error") {
    const test::Output output =
        call(tiny("train", "imbalanced", {"--ratio", "0.5", "--optimizer", "sgd", "--lr", "1e30", "--schedule", "constant", "--model", "mlp"}));
    CHECK(output.status == 2);
    CHECK(contains(output.error, "in epoch 1, batch "));
    CHECK(contains(output.error, "--lr"));
}

TEST_CASE("a folder that cannot be written is refused before training") {
    const test::Output output = call(tiny("train", "missing-labels", {"--out", "/dev/null/runs"}));
    CHECK(output.status == 2);
    CHECK(contains(output.error, "/dev/null/runs"));
    CHECK_FALSE(contains(output.out, "epoch"));
    CHECK(call(tiny("train", "missing-labels", {"--json", "/no/such/folder/r.json"})).status == 2);
}

TEST_CASE("a folder that another run holds is refused") {
    const test::TemporaryFolder folder;
    const apps::FolderLock lock{folder.path()};
    CHECK_THROWS_WITH(apps::FolderLock{folder.path()}, Catch::Contains("no other run"));
    CHECK(call(tiny("train", "missing-labels", {"--out", folder.path()})).status == 2);
}

TEST_CASE("missing data are explained: the files, the package, the way without") {
    const test::TemporaryFolder empty;
    const test::Output output = call({"train", "missing-labels", "--data-dir", empty.path()});
    CHECK(output.status == 2);
    for (const char* part : {"train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", "dataset-fashion-mnist", "--data-dir", "--data shapes"})
        CHECK(contains(output.error, part));
    CHECK(contains(call({"train", "imbalanced", "--data", "cifar10"}).error, "--data-dir"));
}
