// What a run keeps and shows: the weights that were judged, and each epoch's own time.
#include <knoll/core/files/safetensors.h>
#include <knoll/nn/training/checksum.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace knoll;

namespace {

std::vector<std::string> kept_run(const std::vector<std::string>& more) {
    std::vector<std::string> words{"train",   "imbalanced", "--data",  "shapes", "--train-size", "90",  "--test-size", "40",
                                   "--batch", "15",         "--model", "mlp",    "--ratio",      "0.5", "--lr",        "0.01"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

}  // namespace

TEST_CASE("model.safetensors has the averaged weights, which were judged, not the last ones") {
    const test::TemporaryFolder folder;
    REQUIRE(test::call(kept_run({"--epochs", "2", "--ema", "0.9", "--out", folder / "o"})).status == 0);
    const NamedTensors saved = load_safetensors(folder / "o/model.safetensors").tensors;
    const NamedTensors checkpoint = load_safetensors(folder / "o/checkpoint.safetensors").tensors;
    REQUIRE(!saved.empty());
    for (const auto& [name, tensor] : saved) {
        INFO(name);
        std::size_t same = 0, last = 0;
        for (const auto& [key, kept] : checkpoint) {
            if (!key.ends_with("." + name) || kept.shape() != tensor.shape()) continue;
            const bool is_average = key.find("average") != std::string::npos;
            if (is_average && kept.to_vector() == tensor.to_vector()) ++same;
            if (key == "model." + name && kept.to_vector() == tensor.to_vector()) ++last;
        }
        CHECK(same == 1);
        CHECK(last == 0);
    }
}

TEST_CASE("the line of an epoch shows the time of that epoch, and the result that of all of them, those before a resume among them") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "o/checkpoint.safetensors";
    REQUIRE(test::call_interrupted(kept_run({"--epochs", "2", "--out", folder / "o"})).status == 130);
    TensorFile file = load_safetensors(path);
    std::string& seconds = file.metadata.at("note.seconds");
    std::string& log = file.metadata.at("note.log");
    const std::size_t at = log.find("\"seconds\": ", log.find("\"epochs\""));
    REQUIRE(at != std::string::npos);
    log.replace(at, log.find_first_of(",\n}", at) - at, "\"seconds\": 1000.0");
    seconds = "1000";
    file.metadata.erase(nn::checksum_key);
    file.metadata[nn::checksum_key] = nn::checkpoint_checksum(file.tensors, file.metadata);
    save_safetensors(path, file.tensors, file.metadata);

    const std::string out = test::call({"train", "imbalanced", "--resume", folder / "o"}).out;
    INFO(out);
    const std::size_t line = out.find("epoch 2/2");
    REQUIRE(line != std::string::npos);
    CHECK(out.substr(line, out.find('\n', line) - line).find(":") == std::string::npos);  // seconds, not the quarter of an hour before
    CHECK(test::contains(out.substr(out.find('\n', line)), "16:4"));
}
