#include <knoll/apps/training/divergence.h>
#include <knoll/apps/training/run_folder.h>
#include <knoll/core/files/safetensors.h>
#include <knoll/nn/layers/layers.h>

#include "apps/child.h"
#include "apps/support.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;
using Catch::Matchers::Contains;
using test::call;
using test::Child;
using test::contains;
using test::Ended;
using test::read_text;

namespace {

std::vector<std::string> small_run(const char* epochs, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"train",   "imbalanced", "--data",  "shapes", "--train-size", "150", "--test-size", "60",
                                       "--ratio", "0.5",        "--model", "mlp",    "--batch",      "32",  "--epochs",    epochs};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

// Longer than any test waits for.
std::vector<std::string> long_run(const std::vector<std::string>& more) { return small_run("100000", more); }

// As if the run had been killed after its first epoch of two.
void rewind(const test::TemporaryFolder& folder) {
    for (const char* name : {"run.json", "results.json", "model.safetensors", "checkpoint.safetensors"}) std::filesystem::remove(folder / name);
}

void flip_last_byte(const std::string& path) {
    std::string bytes = read_text(path);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    std::ofstream{path, std::ios::binary} << bytes;
}

}  // namespace

TEST_CASE("SIGINT and SIGTERM finish the step, write a checkpoint, and say how to go on") {
    for (const auto& [signal, status] : {std::pair{SIGINT, 130}, std::pair{SIGTERM, 143}}) {
        const test::TemporaryFolder folder;
        Child run{long_run({"--out", folder.path()})};
        REQUIRE(run.prints("epoch 1/100000"));
        run.signal(signal);
        const Ended ended = run.wait();
        CHECK(ended.status == status);
        CHECK_THAT(ended.error, Contains("interrupted in epoch ") && Contains("go on with knoll train imbalanced --resume " + folder.path() + "\n"));
        CHECK(std::count(ended.error.begin(), ended.error.end(), '\n') == 1);
        CHECK(std::filesystem::exists(folder / "checkpoint.safetensors"));
    }
}

TEST_CASE("without a folder an interrupted run says that nothing was kept") {
    Child run{long_run({})};
    REQUIRE(run.prints("epoch 1/100000"));
    run.signal(SIGINT);
    const Ended ended = run.wait();
    CHECK(ended.status == 130);
    CHECK_THAT(ended.error, Contains("nothing was kept"));
}

TEST_CASE("a comparison that is interrupted keeps the runs that are done") {
    const test::TemporaryFolder folder;
    Child run{{"compare", "imbalanced", "--data", "shapes",   "--train-size",      "150",     "--test-size", "60",    "--ratio",    "0.5", "--model",
               "mlp",     "--epochs",   "1",      "--losses", "cross_entropy,cce", "--seeds", "100000",      "--out", folder.path()}};
    REQUIRE(run.prints("cross_entropy  seed 2"));
    run.signal(SIGTERM);
    const Ended ended = run.wait();
    CHECK(ended.status == 143);
    CHECK_THAT(ended.error, Contains("go on with knoll compare imbalanced --resume " + folder.path()));
    for (const char* done : {"cross_entropy-seed1", "cce-seed1", "cross_entropy-seed2"})
        CHECK(std::filesystem::exists(folder / text("runs/", done, "/run.json")));
}

TEST_CASE("a file that may not grow ends a run with an error, and the checkpoint before stays") {
    const test::TemporaryFolder whole;
    const test::TemporaryFolder broken;
    REQUIRE(call(small_run("2", {"--out", whole.path()})).status == 0);
    REQUIRE(call(small_run("2", {"--out", broken.path()})).status == 0);
    rewind(broken);
    const std::string before = read_text(broken / "checkpoint.previous.safetensors");

    const Ended ended = Child{{"train", "imbalanced", "--resume", broken.path()}, 20000}.wait();
    CHECK(ended.status == 2);
    CHECK_THAT(ended.error, Contains("File too large") && Contains("go on with knoll train imbalanced --resume " + broken.path()));
    CHECK(read_text(broken / "checkpoint.safetensors") == before);
    for (const auto& entry : std::filesystem::directory_iterator(broken.path())) CHECK(entry.path().extension() != ".tmp");

    REQUIRE(call({"train", "imbalanced", "--resume", broken.path()}).status == 0);
    CHECK((read_text(broken / "model.safetensors") == read_text(whole / "model.safetensors")));
}

TEST_CASE("where the newest checkpoint is damaged the one before it serves, and a line says so") {
    const test::TemporaryFolder folder;
    REQUIRE(call(small_run("2", {"--out", folder.path()})).status == 0);
    const std::string model = read_text(folder / "model.safetensors");
    const std::string log = read_text(folder / "log.csv");
    flip_last_byte(folder / "checkpoint.safetensors");

    const test::Output output = call({"train", "imbalanced", "--resume", folder.path()});
    CHECK(output.status == 0);
    CHECK_THAT(output.error, Contains("checkpoint.safetensors") && Contains("damaged; going on from the checkpoint before it, epoch 2, batch 1\n"));
    CHECK_THAT(output.out, Contains("epoch 2/2"));
    CHECK((read_text(folder / "model.safetensors") == model));
    CHECK(std::count(log.begin(), log.end(), '\n') == 3);

    CHECK(call({"train", "imbalanced", "--resume", folder.path()}).error.empty());
    for (const char* name : {"checkpoint.safetensors", "checkpoint.previous.safetensors"}) flip_last_byte(folder / name);
    const test::Output refused = call({"train", "imbalanced", "--resume", folder.path()});
    CHECK(refused.status == 2);
    CHECK_THAT(refused.error, Contains("damaged"));
}

TEST_CASE("a run that was killed between checkpoint and log writes the log when it goes on") {
    const test::TemporaryFolder folder;
    REQUIRE(call(small_run("2", {"--out", folder.path()})).status == 0);
    const std::string log = read_text(folder / "log.csv");
    std::filesystem::remove(folder / "log.csv");
    REQUIRE(call({"train", "imbalanced", "--resume", folder.path()}).status == 0);
    CHECK(read_text(folder / "log.csv") == log);
}

TEST_CASE("a run that diverges names op, layer and batch, and keeps a checkpoint of finite weights") {
    const test::TemporaryFolder folder;
    const test::Output output = call(small_run("2", {"--lr", "1e9", "--checkpoint-every", "1", "--out", folder.path()}));
    CHECK(output.status == 2);
    CHECK_THAT(output.error, Contains("in epoch 1, batch ") && Contains("; first not finite: ") && Contains("; try a smaller --lr; ") &&
                                 Contains("the last good checkpoint is " + (folder / "checkpoint.safetensors")));
    for (const auto& [name, tensor] : load_safetensors(folder / "checkpoint.safetensors").tensors)
        if (name.starts_with("model."))
            for (const double value : tensor.to_vector()) REQUIRE(std::isfinite(value));
}

TEST_CASE("the layer and the op that were the first to overflow are named, or else the weights") {
    nn::Sequential net{nn::Flatten{}, nn::Linear{4, 3}, nn::Linear{3, 2}};
    Rng rng{1};
    net.initialize(rng);
    const Tensor images = ones({1, 4});
    CHECK(apps::first_not_finite(net, images) == "the loss");
    CHECK(apps::first_not_finite(net, full({1, 4}, INFINITY)) == "the images");
    net.load_state_dict({{"1.weight", full({3, 4}, 1e20)}, {"1.bias", zeros({3})}, {"2.weight", full({2, 3}, 1e20)}, {"2.bias", zeros({2})}});
    CHECK(apps::first_not_finite(net, images) == "layer 2, op linear");
    net.load_state_dict({{"1.weight", full({3, 4}, 1e20)}, {"1.bias", zeros({3})}, {"2.weight", full({2, 3}, 1e20)}, {"2.bias", full({2}, NAN)}});
    CHECK(apps::first_not_finite(net, images) == "the weights 2.bias");
}

TEST_CASE("weights that are no longer finite are not saved") {
    const test::TemporaryFolder folder;
    const test::Output output = call({"train", "imbalanced", "--data", "shapes", "--train-size", "400", "--ratio", "1", "--epochs", "1", "--lr", "1e9",
                                      "--checkpoint-every", "1", "--out", folder.path()});
    CHECK(output.status == 2);
    CHECK_THAT(output.error, Contains("[sgd] expected a step to finite weights, got others in 0.weight with cross_entropy after epoch 1, batch 3"));
}

TEST_CASE("two runs do not share a folder, and the lock dies with its process") {
    const test::TemporaryFolder folder;
    Child first{long_run({"--out", folder.path()})};
    REQUIRE(first.prints("epoch 1/100000"));
    const Ended second = Child{long_run({"--out", folder.path()})}.wait();
    CHECK(second.status == 2);
    CHECK_THAT(second.error, Contains("expected a folder that no other run is using, got " + folder.path()));
    first.signal(SIGKILL);
    CHECK(first.wait().signal == SIGKILL);
    CHECK_NOTHROW(apps::FolderLock{folder.path()});
}

TEST_CASE("a file in the folder's place, or a place where no folder can be, is refused before training") {
    const test::TemporaryFolder folder;
    std::ofstream{folder / "file"} << "mine";
    for (const std::string& path : {folder / "file", std::string("/proc/knoll-run")}) {
        const Ended ended = Child{long_run({"--out", path})}.wait();
        CHECK(ended.status == 2);
        CHECK_THAT(ended.error, Contains("expected a folder to write to, got " + path));
    }
    CHECK(read_text(folder / "file") == "mine");
}

TEST_CASE("what a killed process left half-written is removed, and nothing else") {
    const test::TemporaryFolder folder;
    for (const char* name : {"checkpoint.next.safetensors.12-3.tmp", "log.csv.12-3.tmp", "mine.12-3.tmp", "log.csv.mine.tmp"})
        std::ofstream{folder / name} << "x";
    REQUIRE(call(small_run("1", {"--out", folder.path()})).status == 0);
    CHECK_FALSE(std::filesystem::exists(folder / "checkpoint.next.safetensors.12-3.tmp"));
    CHECK_FALSE(std::filesystem::exists(folder / "log.csv.12-3.tmp"));
    CHECK(std::filesystem::exists(folder / "mine.12-3.tmp"));
    CHECK(std::filesystem::exists(folder / "log.csv.mine.tmp"));
}

TEST_CASE("a run whose output is closed ends, and its checkpoint stands") {
    const test::TemporaryFolder folder;
    Child run{long_run({"--out", folder.path()})};
    REQUIRE(run.prints("epoch 1/100000"));
    run.close_output();
    CHECK(run.wait().signal == SIGPIPE);
    CHECK_NOTHROW(load_safetensors(folder / "checkpoint.safetensors"));
}
