#include <knoll/apps/training/data_source.h>
#include <knoll/core/ops/shape.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace knoll;
using knoll::test::call;
using knoll::test::contains;

namespace {

// Rows of so many features and two labels, as numbers without a header.
void write_rows(const std::string& path, int features) {
    std::ofstream file{path};
    for (int row = 0; row < 20; ++row) {
        for (int i = 0; i < features; ++i) file << (row * i) % 7 << ',';
        file << row % 2 << ',' << row % 3 / 2 << '\n';
    }
}

}  // namespace

TEST_CASE("examples to test on have the shape of those to train on") {
    const test::TemporaryFolder folder;
    write_rows(folder / "train", 4);
    write_rows(folder / "test", 3);
    const test::Output output = call({"train", "missing-labels", "--data", "arff:train,test,2", "--data-dir", folder.path(), "--epochs", "1"});
    CHECK(output.status == 2);
    CHECK(contains(output.error, "expected test examples shaped as the training examples, [4], got [3]"));
    CHECK_FALSE(contains(output.out, "epoch 1"));
}

TEST_CASE("images of six channels are trained on and shown, report and all") {
    const test::TemporaryFolder folder;
    write_rows(folder / "data", 6 * 4 * 4);
    const test::Output output = call({"compare", "missing-labels", "--data", "arff:data,data,2,6x4x4", "--data-dir", folder.path(), "--losses", "bce,hill",
                                      "--epochs", "1", "--out", folder / "out"});
    INFO(output.error);
    REQUIRE(output.status == 0);
    const std::string html = test::read_text(folder / "out/report.html");
    CHECK(contains(html, "data:image/png;base64,"));
    CHECK(contains(html, "Shown is the mean of their 6 channels."));
}

TEST_CASE("more examples than there are cannot be asked for") {
    const test::TemporaryFolder folder;
    write_rows(folder / "rows", 4);
    const auto refusal = [&](const char* option, const char* size) {
        return call({"train", "missing-labels", "--data", "arff:rows,rows,2", "--data-dir", folder.path(), "--epochs", "1", option, size}).error;
    };
    CHECK(contains(refusal("--train-size", "21"), "[data] expected --train-size of at most 20, the examples that there are, got 21"));
    CHECK(contains(refusal("--test-size", "1000"), "[data] expected --test-size of at most 20, the examples that there are, got 1000"));
    CHECK(refusal("--test-size", "20").empty());
}

TEST_CASE("a sample is spread over its set, keeps its order, and is always the same") {
    const data::LabeledImages set{reshape(arange(4000, DType::f32), {4000, 1}), arange(4000), 4000};
    const auto labels = apps::sample_of(set, 500).labels().to_vector();
    REQUIRE(labels.size() == 500);
    CHECK(std::is_sorted(labels.begin(), labels.end()));
    CHECK(std::adjacent_find(labels.begin(), labels.end()) == labels.end());
    const auto in_first_half = std::count_if(labels.begin(), labels.end(), [](double label) { return label < 2000; });
    CHECK(std::abs(in_first_half - 250) < 50);
    CHECK(apps::sample_of(set, 500).labels().to_vector() == labels);
    CHECK(apps::sample_of(set, 4000).count() == 4000);
    CHECK(apps::sample_of(set, 5000).count() == 4000);
}

TEST_CASE("images that are not square are for the mlp, report and all") {
    const test::TemporaryFolder folder;
    write_rows(folder / "train", 48);
    const auto arguments = [&](const char* model) {
        return std::vector<std::string>{
            "compare", "missing-labels", "--data",      "arff:train,train,2,1x6x8", "--data-dir", folder.path(), "--losses", "bce", "--epochs", "1", "--model",
            model,     "--out",          folder / "out"};
    };
    const test::Output output = call(arguments("mlp"));
    INFO(output.error);
    CHECK(output.status == 0);
    for (const char* model : {"small_cnn", "lenet5", "resnet20"})
        CHECK(contains(call(arguments(model)).error, std::string("expected square images for ") + model + ", got 6x8; use --model mlp"));
}

TEST_CASE("no result is written over the data that it is of") {
    const test::TemporaryFolder folder;
    for (const char* name : {"train", "test", "log.csv", "results.json"}) write_rows(folder / name, 4);
    const std::string rows = test::read_text(folder / "train");
    const auto refusal = [&](const char* command, const std::string& data, const std::vector<std::string>& more) {
        std::vector<std::string> arguments{command, "missing-labels", "--data", data, "--data-dir", folder.path(), "--epochs", "1"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const test::Output output = call(arguments);
        CHECK(output.status == 2);
        return output.error;
    };
    for (const char* command : {"train", "compare"}) {
        INFO(command);
        CHECK(contains(refusal(command, "arff:train,test,2", {"--json", folder / "./test"}),
                       "[out] expected --json to name another file than --data, which is read, got"));
        CHECK(contains(refusal(command, "arff:train,log.csv,2", {"--out", folder.path()}), "[out] expected --out to name another file than --data"));
        CHECK(contains(refusal(command, "arff:results.json,test,2", {"--out", folder.path()}), "[out] expected --out to name another file than --data"));
        CHECK(contains(refusal(command, "arff:train,test,2", {"--out", folder / "run", "--json", folder / "run/run.json"}),
                       "[out] expected --json and --out to name different files"));
    }
    for (const char* name : {"train", "test", "log.csv", "results.json"}) CHECK(test::read_text(folder / name) == rows);
    CHECK_FALSE(std::filesystem::exists(folder / "run"));
    for (const char* name : {"train-images-idx3-ubyte", "train-labels.idx1-ubyte.gz"}) std::ofstream{folder / name} << "x";
    for (const char* name : {"train-images-idx3-ubyte", "train-labels.idx1-ubyte.gz"}) {
        const test::Output output = call({"train", "imbalanced", "--data-dir", folder.path(), "--json", folder / name});
        CHECK(contains(output.error, "[out] expected --json to name another file than --data"));
    }
}

TEST_CASE("IDX files are found with a dash or a dot before their type, compressed or not") {
    const auto idx = [](const std::vector<int>& extents, char value) {
        std::string bytes{'\0', '\0', '\x08', static_cast<char>(extents.size())};
        std::size_t values = 1;
        for (const int extent : extents) {
            bytes += std::string{'\0', '\0', '\0', static_cast<char>(extent)};
            values *= static_cast<std::size_t>(extent);
        }
        return bytes + std::string(values, value);
    };
    for (const std::string mark : {"-", "."})
        for (const std::string ending : {"", ".gz"}) {  // what the bytes say decides, not the name
            const test::TemporaryFolder folder;
            for (const auto& [part, count] : {std::pair{"train", 3}, {"t10k", 2}}) {
                std::ofstream{folder / (text(part, "-images", mark, "idx3-ubyte", ending)), std::ios::binary} << idx({count, 2, 2}, '\x07');
                std::ofstream{folder / (text(part, "-labels", mark, "idx1-ubyte", ending)), std::ios::binary} << idx({count}, '\x01');
            }
            apps::TrainingOptions options;
            options.data_dir = folder.path();
            CHECK(apps::data_files(options).size() == 4);
            const apps::SingleLabelData data = apps::load_single_label(options);
            CHECK(data.train.count() == 3);
            CHECK(data.test.count() == 2);
            CHECK(data.test.labels().to_vector() == std::vector<double>{1, 1});
        }
    const test::TemporaryFolder empty;
    apps::TrainingOptions options;
    options.data_dir = empty.path();
    CHECK(apps::data_files(options).empty());
    CHECK_THROWS_WITH(apps::load_single_label(options), Catch::Contains("got no train-images-idx3-ubyte.gz"));
}
