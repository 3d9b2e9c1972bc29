// Adapters against a re-telling in plain loops, batch after batch.
#include <knoll/apps/procedures/adaptation.h>
#include "apps/procedures/naive_adaptation.h"
#include "support/close.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <algorithm>

using namespace knoll;
using test::NaiveAdam;
using test::Numbers;
namespace adapting = test::adapting;

namespace {

nn::Sequential small_source(double sharpness) {
    nn::Sequential net{nn::Conv2d{1, 2, {.bias = false}}, nn::BatchNorm2d{2}, nn::ReLU{}, nn::Flatten{}, nn::Linear{12, 5}, nn::ReLU{}, nn::Linear{5, 4}};
    Rng rng{11};
    net.initialize(rng);
    auto& norm = net.get<nn::BatchNorm2d>(1);
    norm.weight.copy_(tensor({1.3, 0.8}));
    norm.bias.copy_(tensor({0.2, -0.1}));
    net.get<nn::Linear>(4).bias.copy_(0.3 * randn({5}, rng));
    auto& last = net.get<nn::Linear>(6);
    last.weight.copy_(sharpness * randn({4, 5}, rng));
    last.bias.copy_(tensor({0.3, -0.2, 0.1, -4.0}));  // hardly anything is of the last class
    return net;
}

Tensor images_of(std::int64_t count, std::uint64_t seed) {
    Rng rng{seed};
    return 1.5 * randn({count, 1, adapting::height, adapting::width}, rng) + 0.4;
}

}  // namespace

TEST_CASE("the rates, weights and thresholds that adapters begin with are those of their page") {
    const apps::AdaptationOptions options;
    CHECK(options.learning_rate == 1e-3);
    CHECK(options.confidence == 0.9);
    CHECK(options.temperature == 0.1);
    CHECK(options.memory_momentum == 0.9);
    CHECK(options.memory_weight == 1.0);
    CHECK(options.style_weight == 1.0);
    CHECK(apps::adapter_names() == std::vector<std::string>{"none", "bn_stats", "tent", "dpl"});
}

TEST_CASE("what does not learn answers by the statistics of training, or of each batch, however many came before") {
    nn::Sequential source = small_source(1.0);
    auto& norm = source.get<nn::BatchNorm2d>(1);
    norm.running_mean.copy_(tensor({0.3, -0.6}));
    norm.running_var.copy_(tensor({2.0, 0.5}));
    const adapting::NaiveNet net{source};
    const auto none = apps::make_adapter("none", source), statistics = apps::make_adapter("bn_stats", source);
    nn::Sequential judged = nn::clone(source);
    judged.eval();
    std::uint64_t seed = 1;
    for (const std::int64_t count : {7, 2, 5}) {
        const Tensor images = images_of(count, seed++);
        check_close(none->predict(images), judged(images).detach(), 1e-6, 1e-6);
        Numbers expected;
        for (const Numbers& map : net.maps(net.weights, images.to_vector()))
            for (const double logit : net.logits(net.weights, net.features(map))) expected.push_back(logit);
        check_close(statistics->predict(images), tensor(expected, {count, 4}, DType::f32), 1e-5, 1e-5);
    }
}

TEST_CASE("adapters that could do nothing are refused: by a model without batch norm, or with a last layer alone") {
    nn::Sequential bare{nn::Flatten{}, nn::Linear{4, 2}}, alone{nn::Linear{4, 2}};
    Rng rng{1};
    bare.initialize(rng);
    alone.initialize(rng);
    for (const std::string name : {"bn_stats", "tent", "dpl"})
        CHECK_THROWS_WITH(apps::make_adapter(name, bare), "[adapt] expected a model with batch norm, got one without; use --model small_cnn or resnet20");
    CHECK_THROWS_WITH(apps::make_adapter("dpl", alone), "[dpl] expected a model that ends in a linear layer, got another");
    CHECK_NOTHROW(apps::make_adapter("none", bare));
}

TEST_CASE("tent takes Adam's steps on the scales and shifts alone, as plain loops do, batch after batch") {
    const nn::Sequential source = small_source(1.0);
    for (const double rate : {0.05, apps::AdaptationOptions{}.learning_rate}) {
        INFO("rate " << rate);
        const auto adapter = apps::make_adapter("tent", source, {.learning_rate = rate});
        adapting::NaiveNet net{source};
        NaiveAdam adam{2 * adapting::channels, rate};
        std::uint64_t seed = 1;
        for (const std::int64_t count : {7, 5, 2, 9, 3}) {
            const Tensor images = images_of(count, seed++);
            const Numbers pixels_of_images = images.to_vector();
            Numbers expected;
            for (const Numbers& map : net.maps(net.weights, pixels_of_images))
                for (const double logit : net.logits(net.weights, net.features(map))) expected.push_back(logit);
            check_close(adapter->predict(images), tensor(expected, {count, 4}, DType::f32), 2e-4, 2e-4);
            Numbers slope = test::naive_slope([&](const Numbers& w) { return adapting::naive_entropy(net, w, pixels_of_images); }, net.weights);
            slope.resize(2 * adapting::channels);
            Numbers adapted{net.weights.begin(), net.weights.begin() + 2 * adapting::channels};
            adam.step(adapted, slope);
            std::copy(adapted.begin(), adapted.end(), net.weights.begin());
        }
    }
}

TEST_CASE("dpl takes the steps of plain loops: prototypes, memory and style, each with its own weight") {
    const nn::Sequential source = small_source(1.2);
    const std::vector<apps::AdaptationOptions> all{
        {.learning_rate = 0.02},
        {.learning_rate = 0.02, .confidence = 0.7, .temperature = 0.4, .memory_momentum = 0.3, .memory_weight = 2.5, .style_weight = 0.6},
        {.learning_rate = 0.02, .confidence = 0.8, .temperature = 0.2, .memory_weight = 0.2, .style_weight = 3.0},
        {.learning_rate = 0.02, .confidence = 0.97}};  // hardly ever sure
    int members = 0, memory = 0, style = 0, batches = 0;
    for (const apps::AdaptationOptions& options : all) {
        INFO("confidence " << options.confidence);
        const auto adapter = apps::make_adapter("dpl", source, options);
        adapting::NaiveDpl naive{source, options};
        std::uint64_t seed = 3;
        for (const std::int64_t count : {11, 7, 2, 9, 3, 13, 5}) {
            const Tensor images = images_of(count, seed++);
            INFO("batch " << seed - 3 << " of " << count);
            check_close(adapter->predict(images), tensor(naive.predict(images.to_vector()), {count, 4}, DType::f32), 1e-3, 1e-3);
            ++batches;
        }
        members += naive.batches_with_members;
        memory += naive.batches_with_memory;
        style += naive.batches_with_style;
    }
    // Every branch was taken, and every other one left out.
    CHECK((members > 0 && members < batches));
    CHECK((memory > members && memory < batches));
    CHECK((style > 0 && style < members));
}
