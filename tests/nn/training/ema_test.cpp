#include "nn/check_layer.h"

#include <knoll/nn/layers/layers.h>
#include <knoll/nn/sequential.h>
#include <knoll/nn/training/ema.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

void set(const nn::Linear& layer, double value) {
    const NoGrad no_grad;
    Tensor weight = layer.weight;
    weight.fill_(value);
}

nn::Linear layer_of(double value) {
    nn::Linear layer{1, 1, {.bias = false}};
    set(layer, value);
    return layer;
}

double average_of(const nn::EMA& ema) {
    nn::Linear copy{1, 1, {.bias = false}};
    ema.copy_to(copy);
    return copy.weight.item();
}

}  // namespace

TEST_CASE("an average begins at the weights and follows them slowly") {
    const nn::Linear layer = layer_of(1.0);
    nn::EMA ema{layer, {.decay = 0.75}};
    CHECK(average_of(ema) == 1.0);
    set(layer, 5.0);
    ema.update();
    CHECK(average_of(ema) == 2.0);
    ema.update();
    CHECK(average_of(ema) == 2.75);
    CHECK(layer.weight.item() == 5.0);
}

TEST_CASE("a model without weights has no average") {
    CHECK_THROWS_WITH(nn::EMA(nn::Linear{1, 1}), Catch::Matchers::Contains("[EMA] expected initialized parameters"));
}

TEST_CASE("warming up forgets the start sooner") {
    const nn::Linear layer = layer_of(1.0);
    nn::EMA ema{layer, {.decay = 0.999, .warm_up = true}};
    set(layer, 0.0);
    ema.update();
    CHECK(average_of(ema) == Approx(0.1));
    ema.update();
    CHECK(average_of(ema) == Approx(0.1 * 2 / 11));
}

TEST_CASE("running statistics are averaged too, and counts copied") {
    nn::BatchNorm1d layer{1};
    Rng rng{1};
    layer.initialize(rng);
    nn::EMA ema{layer, {.decay = 0.5}};
    layer.running_mean.fill_(4.0);
    layer.num_batches_tracked.fill_(7);
    ema.update();
    nn::BatchNorm1d copy{1};
    ema.copy_to(copy);
    CHECK(copy.running_mean.item() == 2.0);
    CHECK(copy.num_batches_tracked.item() == 7);
}

TEST_CASE("swap lends the averages to the model and takes them back") {
    const nn::Linear layer = layer_of(1.0);
    nn::EMA ema{layer, {.decay = 0.5}};
    set(layer, 3.0);
    ema.update();
    ema.swap();
    CHECK(layer.weight.item() == 2.0);
    CHECK_THROWS_WITH(ema.update(), Catch::Matchers::Contains("[EMA] expected the model's own weights, got its averages"));
    CHECK_THROWS_AS(ema.state_dict(), ValueError);
    CHECK_THROWS_AS(ema.copy_to(*std::make_unique<nn::Linear>(1, 1)), ValueError);
    ema.swap();
    CHECK(layer.weight.item() == 3.0);
    CHECK(average_of(ema) == 2.0);
}

TEST_CASE("an average goes on from its state") {
    const nn::Linear layer = layer_of(1.0);
    nn::EMA from{layer, {.warm_up = true}};
    set(layer, 3.0);
    from.update();
    nn::EMA to{layer, {.warm_up = true}};
    to.load_state_dict(from.state_dict());
    CHECK(to.updates() == 1);
    from.update();
    to.update();
    CHECK(average_of(to) == average_of(from));
    CHECK(names_of(from.state_dict()) == std::vector<std::string>{"weights.weight", "kind", "updates"});
    CHECK_THROWS_AS(to.load_state_dict({}), ValueError);
    CHECK_THROWS_WITH(nn::EMA(layer, {.decay = 1.5}), Catch::Matchers::Equals("[EMA] expected a decay in [0, 1], got 1.5"));
}
