#include <knoll/apps/procedures/adaptation.h>
#include "support/close.h"

#include <knoll/core/core.h>
#include <knoll/nn/nn.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;

namespace {

nn::Sequential adaptable_net() {
    nn::Sequential net{nn::Conv2d{1, 4, {.padding = 1, .bias = false}}, nn::BatchNorm2d{4}, nn::ReLU{}, nn::MaxPool2d{2}, nn::Flatten{}, nn::Linear{36, 3}};
    Rng rng{3};
    net.initialize(rng);
    // So that predictions differ, and some are sure: features behind ReLU have a mean that would decide for one class.
    Tensor weight = net.get<nn::Linear>(5).weight.detach();
    weight -= mean(weight, {1}, true);
    weight *= 8.0;
    net.get<nn::Linear>(5).bias.detach() *= 0.0;
    net.eval();
    return net;
}

Tensor stream_batch(std::uint64_t seed) {
    Rng rng{seed};
    return 2.0 * randn({12, 1, 6, 6}, rng) + 1.0;
}

}  // namespace

TEST_CASE("entropy minimisation has the closed-form gradient and is right at logits of 1e4") {
    Tensor z = tensor({{0.3, -1.2, 0.4}, {2.0, 0.5, -0.7}}, DType::f64).set_requires_grad();
    const Tensor p = softmax(z.detach(), 1), entropy = -sum(p * log(p), 1, true);
    CHECK(apps::mean_entropy(z).item() == Approx(mean(entropy).item()));
    check_close(grad(apps::mean_entropy(z), z), -0.5 * p * (log(p) + entropy), 1e-12, 1e-15);
    Tensor far = tensor({{1e4, -1e4, 0.0}, {1e4, 1e4, -1e4}}, DType::f32).set_requires_grad();
    const Tensor value = apps::mean_entropy(far);
    CHECK(value.item() == Approx(std::log(2.0) / 2));
    for (const double slope : grad(value, far).to_vector()) CHECK(std::abs(slope) < 1e-6);
    const auto result = gradcheck([](const Tensor& x) { return apps::mean_entropy(x); }, z.detach(), {.order = 2});
    CHECK(result.ok());
}

TEST_CASE("adapters predict before they learn, leave their source alone, and are the same from the same stream") {
    const nn::Sequential source = adaptable_net();
    std::vector<std::vector<double>> before;
    for (const auto& entry : source.state_dict()) before.push_back(entry.second.to_vector());
    nn::Sequential copy = nn::clone(source);
    const Tensor plain = copy(stream_batch(1));
    copy.train();
    const Tensor normalised = copy(stream_batch(1));
    for (const std::string& name : apps::adapter_names()) {
        INFO(name);
        const apps::AdaptationOptions options{.learning_rate = 0.01, .confidence = 0.9};
        const auto adapter = apps::make_adapter(name, source, options), again = apps::make_adapter(name, source, options);
        check_close(adapter->predict(stream_batch(1)), name == "none" ? plain : normalised, 1e-5, 1e-5);
        const Tensor second = adapter->predict(stream_batch(2));
        again->predict(stream_batch(1));
        CHECK(again->predict(stream_batch(2)).to_vector() == second.to_vector());
        const Tensor unlearned = apps::make_adapter(name, source, options)->predict(stream_batch(2));
        CHECK((second.to_vector() != unlearned.to_vector()) == (name == "tent" || name == "dpl"));
    }
    std::size_t at = 0;
    for (const auto& entry : source.state_dict()) CHECK(entry.second.to_vector() == before[at++]);
}

TEST_CASE("tent lowers the entropy of a batch that comes again") {
    const auto adapter = apps::make_adapter("tent", adaptable_net(), {.learning_rate = 0.01});
    const double first = apps::mean_entropy(adapter->predict(stream_batch(1))).item();
    for (int i = 0; i < 10; ++i) adapter->predict(stream_batch(1));
    CHECK(apps::mean_entropy(adapter->predict(stream_batch(1))).item() < first);
}

TEST_CASE("a class memory keeps the mean of confident features with momentum") {
    apps::ClassMemory memory{3, 0.9};
    CHECK_FALSE(memory.contents().first.defined());
    const Tensor labels = tensor({0.0, 2.0, 0.0}, DType::i64);
    memory.update(tensor({{1.0, 0.0}, {5.0, 5.0}, {3.0, 2.0}}), labels, tensor({1.0, 0.0, 1.0}, DType::u8));
    memory.update(tensor({{12.0, 1.0}, {4.0, 4.0}, {0.0, 0.0}}), labels, tensor({1.0, 1.0, 0.0}, DType::u8));
    const auto contents = memory.contents();
    CHECK(contents.first.to_vector() == std::vector<double>{0, 2});
    check_close(contents.second, tensor({{3.0, 1.0}, {4.0, 4.0}}), 1e-6, 0);
}

TEST_CASE("adapters refuse unknown names, and models that they cannot adapt") {
    CHECK_THROWS_WITH(apps::make_adapter("tents", adaptable_net()), Catch::Contains("[adapt] expected the name of a way to adapt, got tents"));
    nn::Sequential bare{nn::Flatten{}, nn::Linear{4, 2}};
    Rng rng{1};
    bare.initialize(rng);
    CHECK_THROWS_WITH(apps::make_adapter("tent", bare), "[adapt] expected a model with batch norm, got one without; use --model small_cnn or resnet20");
    nn::Sequential open{nn::Conv2d{1, 2}, nn::BatchNorm2d{2}};
    open.initialize(rng);
    CHECK_THROWS_WITH(apps::make_adapter("dpl", open), "[dpl] expected a model that ends in a linear layer, got another");
}
