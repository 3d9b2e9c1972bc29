#include <knoll/apps/bench/measure.h>
#include <knoll/apps/bench/workload.h>

#include <knoll/losses/registry.h>

#include "apps/support.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <sstream>

using namespace knoll;
using namespace knoll::apps;
using knoll::test::call;
using knoll::test::contains;

namespace {

// A layer's multiplications for one example, counted output by output: so many outputs, each a sum of so many products.
struct Layer {
    double outputs;
    double products_each;
};

Layer convolution(double size, double in, double out, double kernel) { return {size * size * out, in * kernel * kernel}; }
Layer linear(double in, double out) { return {out, in}; }

// Multiplications and additions of a step: forward, gradient by the weights, and but for the first layer gradient by the input.
double operations(const std::vector<Layer>& layers, double batch) {
    double total = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) total += (i == 0 ? 2 : 3) * 2 * layers[i].outputs * layers[i].products_each;
    return batch * total;
}

std::vector<Layer> resnet20_layers() {
    std::vector<Layer> layers{convolution(32, 3, 16, 3)};
    double channels = 16;
    for (const double width : {16.0, 32.0, 64.0}) {
        const double size = 32 * 16 / width;
        for (int block = 0; block < 3; ++block) {
            layers.push_back(convolution(size, channels, width, 3));
            layers.push_back(convolution(size, width, width, 3));
            if (channels != width) layers.push_back(convolution(size, channels, width, 1));
            channels = width;
        }
    }
    layers.push_back(linear(64, 10));
    return layers;
}

const Workload& workload(const std::vector<Workload>& all, const std::string& name, std::int64_t batch) {
    return *std::find_if(all.begin(), all.end(), [&](const Workload& one) { return one.name == name && one.batch == batch; });
}

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream stream{line};
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    return words;
}

}  // namespace

TEST_CASE("the networks of knoll bench: names, batches, shapes, and the operations of a step counted layer by layer") {
    const std::vector<Workload> all = network_workloads();
    std::vector<std::string> names;
    for (const Workload& one : all) names.push_back(text(one.name, " ", one.shape));
    CHECK(names == std::vector<std::string>{"mlp [128, 1, 28, 28]", "lenet5 [1, 1, 28, 28]", "lenet5 [64, 1, 28, 28]", "cnn [128, 1, 28, 28]",
                                            "resnet20 [128, 3, 32, 32]"});
    for (const Workload& one : all) CHECK(one.batch == one.shape[0]);
    CHECK(workload(all, "mlp", 128).operations == operations({linear(784, 256), linear(256, 10)}, 128));
    const std::vector<Layer> lenet5{convolution(28, 1, 6, 5), convolution(10, 6, 16, 5), linear(400, 120), linear(120, 84), linear(84, 10)};
    CHECK(workload(all, "lenet5", 1).operations == operations(lenet5, 1));
    CHECK(workload(all, "lenet5", 64).operations == operations(lenet5, 64));
    CHECK(workload(all, "cnn", 128).operations == operations({convolution(28, 1, 32, 3), convolution(14, 32, 64, 3), linear(3136, 128), linear(128, 10)}, 128));
    CHECK(workload(all, "resnet20", 128).operations == operations(resnet20_layers(), 128));
}

TEST_CASE("a step of each network of knoll bench runs, more than once") {
    for (const Workload& one : {lenet5_workload(2), cnn_workload(1), workload(network_workloads(), "mlp", 128)}) {
        const auto step = one.prepare();
        step();
        step();
    }
    CHECK(lenet5_workload(3).shape == Shape{3, 1, 28, 28});
    CHECK(cnn_workload(5).batch == 5);
}

TEST_CASE("every loss is measured in two sizes, as its targets have it") {
    std::map<std::string, std::vector<Shape>> shapes;
    for (const Workload& one : loss_workloads()) {
        shapes[one.name].push_back(one.shape);
        CHECK(one.batch == one.shape[0]);
        CHECK(one.operations == 0);
    }
    CHECK(shapes.size() == losses::registry().size());
    for (const losses::LossInfo& info : losses::registry()) {
        const std::vector<Shape>& sizes = shapes["loss:" + info.name];
        INFO(info.name);
        if (info.targets == losses::TargetKind::same_class)
            CHECK(sizes == std::vector<Shape>{{64, 32}, {256, 128}});
        else if (info.targets == losses::TargetKind::class_index || info.targets == losses::TargetKind::distribution)
            CHECK(sizes == std::vector<Shape>{{128, 10}, {4096, 1000}});
        else
            CHECK(sizes == std::vector<Shape>{{128, 80}, {1024, 1000}});
        CHECK_NOTHROW(loss_workload(info.name, {8, 6}).prepare()());
    }
}

TEST_CASE("a median is the middle one, of an even number the upper") {
    CHECK(median({3, 1, 2}) == 2);
    CHECK(median({4, 1, 3, 2}) == 3);
    CHECK(median({7}) == 7);
}

TEST_CASE("a call is timed at least five times, after three that do not count") {
    int calls = 0;
    CHECK(median_milliseconds([&] { ++calls; }, 0) >= 0);
    CHECK(calls == 8);
}

TEST_CASE("calls that take turns are measured alike, and their ratio is the first by the second") {
    const auto busy = [](std::int64_t loops) {
        return [loops] {
            volatile double sum = 0;
            for (std::int64_t i = 0; i < loops; ++i) sum = sum + 1;
        };
    };
    const Turns turns = take_turns(busy(40'000), busy(2'000));
    CHECK(turns.first > turns.second);
    CHECK(turns.ratio > 2);  // about twenty, if nothing disturbs
}

TEST_CASE("knoll bench prints and writes the same numbers, and they fit each other") {
    const test::TemporaryFolder folder;
    const test::Output output = call({"bench", "lenet5", "loss:hill", "--threads", "1", "--seconds", "0.001", "--json", folder / "bench.json"});
    INFO(output.out << output.error);
    REQUIRE(output.status == 0);
    const auto json = nlohmann::json::parse(test::read_text(folder / "bench.json"));
    CHECK(json.size() == 3);
    CHECK(json["machine"].get<std::string>().size() > 3);
    REQUIRE(json["sgemm_gflops"].size() == 1);
    const double peak = json["sgemm_gflops"]["1"];
    CHECK(contains(output.out, "sgemm of 1024 x 1024 on 1 thread(s): "));
    REQUIRE(json["results"].size() == 4);

    std::istringstream lines{output.out};
    std::string line;
    while (std::getline(lines, line) && !contains(line, "─")) {
    }
    const std::vector<std::vector<std::int64_t>> shapes{{1, 1, 28, 28}, {64, 1, 28, 28}, {128, 80}, {1024, 1000}};
    for (std::size_t i = 0; i < 4; ++i) {
        const auto& result = json["results"][i];
        const double milliseconds = result["ms_per_step"], images = result["images_per_second"], batch = result["batch"];
        CHECK(result["name"] == (i < 2 ? "lenet5" : "loss:hill"));
        CHECK(result["shape"] == shapes[i]);
        CHECK(result["threads"] == 1);
        CHECK(batch == static_cast<double>(shapes[i][0]));
        CHECK(images == Approx(1000 * batch / milliseconds));
        REQUIRE(std::getline(lines, line));
        const std::vector<std::string> words = words_of(line);
        CHECK(std::stod(words[words.size() - (i < 2 ? 5 : 4)]) == Approx(milliseconds).margin(0.0006));
        CHECK(std::stod(words[words.size() - (i < 2 ? 4 : 3)]) == Approx(images).margin(0.6));
        if (i < 2) {
            const double operations = i == 0 ? lenet5_workload(1).operations : lenet5_workload(64).operations;
            CHECK(result["gflops"].get<double>() == Approx(operations / (1e6 * milliseconds)));
            CHECK(std::stod(words[words.size() - 3]) == Approx(result["gflops"].get<double>()).margin(0.06));
            CHECK(std::stod(words[words.size() - 2]) == Approx(100 * result["gflops"].get<double>() / peak).margin(0.6));
            CHECK(words.back() == "%");
        } else {
            CHECK(result["gflops"].is_null());
            CHECK(words.back() == "-");
            CHECK(words[words.size() - 2] == "-");
        }
    }
    CHECK_FALSE(std::getline(lines, line));
}

TEST_CASE("knoll bench measures on one and on all threads unless told otherwise") {
    const int before = num_threads();
    set_num_threads(2);
    const test::Output output = call({"bench", "loss:hill", "--seconds", "0.001"});
    set_num_threads(before);
    CHECK(contains(output.out, "on 1 thread(s)"));
    CHECK(contains(output.out, "on 2 thread(s)"));
    CHECK(std::count(output.out.begin(), output.out.end(), '\n') == 2 + 2 + 4);
}

TEST_CASE("knoll bench refuses names that it does not know, and takes loss for all losses") {
    const test::Output output = call({"bench", "lenet"});
    CHECK(output.status == 2);
    CHECK(contains(output.error, "[bench] expected the name of a workload, got lenet; did you mean lenet5?"));
    CHECK(contains(call({"bench", "loss", "lenet", "--seconds", "0.001"}).error, "got lenet"));
}
