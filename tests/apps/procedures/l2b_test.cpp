#include <knoll/apps/procedures/l2b.h>
#include "support/close.h"

#include <knoll/core/core.h>
#include <knoll/losses/cross_entropy.h>
#include <knoll/nn/nn.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;

namespace {

// A network with batch norm in f64, an optimiser that has momentum already, and two batches.
struct BootstrapScene {
    explicit BootstrapScene(const nn::SGDOptions& options) {
        Rng rng{3};
        net.initialize(rng);
        net.to(DType::f64);
        std::vector<Tensor> decayed, spared;
        for (const Tensor& parameter : net.parameters()) (parameter.rank() >= 2 ? decayed : spared).push_back(parameter);
        nn::SGDOptions without = options;
        without.weight_decay = 0;
        optimizer = std::make_unique<nn::SGD>(std::vector<nn::ParameterGroup<nn::SGDOptions>>{{decayed, options}, {spared, without}});
        images = randn({6, 1, 6, 6}, rng, DType::f64);
        clean_images = randn({5, 1, 6, 6}, rng, DType::f64);
        for (int step = 0; step < 2; ++step) {
            optimizer->zero_grad();
            backward(losses::CrossEntropy{}(net(images), labels));
            optimizer->step();
        }
    }

    nn::Sequential net{nn::Conv2d{1, 4, {.padding = 1, .bias = false}}, nn::MaxPool2d{2}, nn::BatchNorm2d{4}, nn::ReLU{}, nn::Flatten{}, nn::Linear{36, 3}};
    std::unique_ptr<nn::SGD> optimizer;
    Tensor images, clean_images;
    Tensor labels = tensor({0.0, 1.0, 2.0, 0.0, 1.0, 2.0}, DType::i64), clean_labels = tensor({2.0, 1.0, 0.0, 0.0, 1.0}, DType::i64);
};

// -d(clean loss after the step) / d(weights of the 2N costs) at weights 0, by differentiating through the step itself.
Tensor unrolled(BootstrapScene& scene, const Tensor& pseudo, double rate, double momentum, double decay) {
    Tensor weights = zeros({2, 6}, DType::f64).set_requires_grad();
    nn::StateDict buffers;
    for (const auto& [name, tensor] : scene.net.named_buffers()) buffers.emplace_back(name, tensor.clone());
    const losses::CrossEntropy cost{{}, Reduction::none};
    const Tensor logits = nn::functional_call(scene.net, buffers, scene.images);
    const Tensor total = sum(select(weights, 0, 0) * cost(logits, scene.labels)) + sum(select(weights, 0, 1) * cost(logits, pseudo));
    const nn::StateDict parameters = scene.net.named_parameters(), state = scene.optimizer->state_dict();
    std::vector<Tensor> ordered, momenta;  // as the optimiser numbers them: those that decay first
    for (const bool decays : {true, false})
        for (const auto& [name, tensor] : parameters)
            if ((tensor.rank() >= 2) == decays) ordered.push_back(tensor);
    const std::vector<Tensor> slopes = grad({total}, ordered, {.create_graph = true});
    nn::StateDict replaced = buffers;
    for (std::size_t i = 0; i < ordered.size(); ++i) {
        Tensor buffer;
        for (const auto& [name, tensor] : state)
            if (name == text(i, ".momentum_buffer")) buffer = tensor;
        const Tensor step = momentum * buffer + slopes[i] + (ordered[i].rank() >= 2 ? decay : 0.0) * ordered[i].detach();
        for (const auto& [name, tensor] : parameters)
            if (tensor.is_same(ordered[i])) replaced.emplace_back(name, ordered[i].detach() - rate * step);
    }
    return -grad(losses::CrossEntropy{}(nn::functional_call(scene.net, replaced, scene.clean_images), scene.clean_labels), weights);
}

}  // namespace

TEST_CASE("the weights of learning to bootstrap are those of a real double backward through the step, momentum, decay and batch norm included") {
    constexpr double rate = 0.1, momentum = 0.9, decay = 0.05;
    BootstrapScene scene{{.learning_rate = rate, .momentum = momentum, .weight_decay = decay}};
    const Tensor pseudo = argmax(scene.net(scene.images).detach(), 1);
    const Tensor expected = unrolled(scene, pseudo, rate, momentum, decay);

    const nn::StateDict before = scene.net.state_dict();
    std::vector<std::vector<double>> values;
    for (const auto& entry : before) values.push_back(entry.second.to_vector());
    const std::vector<double> moments = scene.optimizer->state_dict().back().second.to_vector();
    const auto direction = apps::clean_gradient(scene.net, apps::look_ahead(scene.net, *scene.optimizer), scene.clean_images, scene.clean_labels);
    for (std::size_t i = 0; i < before.size(); ++i) CHECK(before[i].second.to_vector() == values[i]);
    CHECK(scene.optimizer->state_dict().back().second.to_vector() == moments);

    const Tensor logits = scene.net(scene.images);
    const Tensor along = apps::derivative_along(logits, scene.net.parameters(), direction);
    const Tensor derivatives = apps::cost_derivatives(logits, along, scene.labels, pseudo);
    CHECK(max(abs(expected)).item() > 1e-4);
    check_close(rate * derivatives, expected, 1e-10, 1e-14);
    backward(losses::CrossEntropy{}(logits, scene.labels));  // the graph is still there for the real step

    const Tensor weights = apps::bootstrap_weights(derivatives);
    CHECK(sum(weights).item() == Approx(1));
    for (std::int64_t i = 0; i < 12; ++i) {
        const double slope = derivatives.at<double>(i / 6, i % 6);
        CHECK(weights.at<double>(i / 6, i % 6) == Approx(std::max(slope, 0.0) / sum(relu(derivatives)).item()));
    }
}

TEST_CASE("the derivative of logits along a direction is that of finite differences") {
    BootstrapScene scene{{.learning_rate = 0.1, .momentum = 0.9}};
    Rng rng{9};
    std::vector<Tensor> direction;
    for (const Tensor& parameter : scene.net.parameters()) direction.push_back(randn(parameter.shape(), rng, DType::f64));
    const auto moved = [&](double by) {
        nn::StateDict replaced = scene.net.named_parameters();
        for (std::size_t i = 0; i < replaced.size(); ++i) replaced[i].second = (replaced[i].second + by * direction[i]).detach();
        return nn::functional_call(scene.net, replaced, scene.images);
    };
    constexpr double step = 1e-6;
    const Tensor along = apps::derivative_along(scene.net(scene.images), scene.net.parameters(), direction);
    check_close(along, (moved(step) - moved(-step)) / (2 * step), 1e-5, 1e-6);
}

TEST_CASE("costs that no clean example wants weigh nothing, and an optimiser that the rule is not for is refused") {
    check_close(apps::bootstrap_weights(tensor({{-1.0, -2.0}, {0.0, -0.5}})), zeros({2, 2}), 0, 0);
    check_close(apps::bootstrap_weights(tensor({{1.0, -2.0}, {0.0, 3.0}})), tensor({{0.25, 0.0}, {0.0, 0.75}}), 1e-7, 0);
    const data::LabeledImages clean{zeros({2, 1, 4, 4}), zeros({2}, DType::i64), 2};
    nn::Linear layer{2, 2};
    Rng rng{1};
    layer.initialize(rng);
    CHECK_THROWS_WITH(apps::make_l2b(clean, std::make_unique<nn::Adam>(layer.parameters()), {}, {clean, clean.labels()}),
                      "[l2b] expected --optimizer sgd or nesterov, got Adam");
}
