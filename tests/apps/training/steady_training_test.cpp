// A training step asks the system for no memory once its caches are filled. To see that, this file replaces operator new for the whole
// test program by one that counts. What OpenBLAS takes with malloc is not counted.
#include <knoll/core/memory.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/parallel.h>
#include <knoll/losses/losses.h>
#include <knoll/nn/nn.h>
#include <catch2/catch.hpp>

#include "support/heap.h"

#include <functional>

using namespace knoll;

namespace {

using Step = std::function<void()>;

std::int64_t allocations() { return heap_requests.load() + memory_statistics().system_allocations; }

bool caches() {
    release_block(allocate_block(64), 64);
    return memory_statistics().cached > 0;
}

// Fails unless steps after the third allocate nothing. At two threads the caches fill once both have been at work at the same time, which no
// number of steps promises: there, five in a row have to come soon.
void check_steady(const Step& step) {
    for (int i = 0; i < 3; ++i) step();
    const int attempts = num_threads() == 1 ? 1 : 20;
    std::int64_t taken = 1;
    for (int attempt = 0; attempt < attempts && taken > 0; ++attempt) {
        const std::int64_t before = allocations();
        for (int i = 0; i < 5; ++i) step();
        taken = allocations() - before;
    }
    CHECK(taken == 0);
}

// A step of a model on a batch of four images.
template <class Optimizer, class Loss>
Step training_step(nn::Sequential& model, Optimizer& optimizer, const Loss& loss, const Tensor& images, const Tensor& targets) {
    return [&model, &optimizer, &loss, images, targets] {
        optimizer.zero_grad();
        backward(loss(model(images), targets));
        optimizer.step();
    };
}

void check_model(nn::Sequential model, const Shape& image_shape) {
    Rng rng{5};
    model.initialize(rng);
    const Tensor images = randn(image_shape, rng), classes = choice(10, image_shape[0], true, rng);
    const Tensor labels = bernoulli({image_shape[0], 10}, 0.3, rng);
    const losses::CrossEntropy cross_entropy;
    const losses::Hill hill;
    nn::SGD sgd(model.parameters(), {.learning_rate = 1e-3, .momentum = 0.9});
    nn::Adam adam(model.parameters(), {.learning_rate = 1e-4});
    {
        INFO("cross entropy, SGD with momentum");
        check_steady(training_step(model, sgd, cross_entropy, images, classes));
    }
    {
        INFO("cross entropy, Adam");
        check_steady(training_step(model, adam, cross_entropy, images, classes));
    }
    {
        INFO("Hill, SGD with momentum");
        check_steady(training_step(model, sgd, hill, images, labels));
    }
    {
        INFO("Hill, Adam");
        check_steady(training_step(model, adam, hill, images, labels));
    }
}

}  // namespace

TEST_CASE("after three training steps a further one allocates nothing") {
    if (!caches()) {
        WARN("not checked: under the address sanitizer nothing is cached, so that it sees every release");
        return;
    }
    const int before = num_threads(), threads = GENERATE(1, 2);
    CAPTURE(threads);
    set_num_threads(threads);
    SECTION("lenet5") { check_model(nn::models::lenet5(), {4, 1, 28, 28}); }
    SECTION("small_cnn") { check_model(nn::models::small_cnn(), {4, 1, 28, 28}); }
    SECTION("resnet20") { check_model(nn::models::resnet20({.channels = 3, .size = 16, .classes = 10}), {4, 3, 16, 16}); }
    set_num_threads(before);
}

TEST_CASE("allocations are counted") {
    const std::int64_t before = allocations();
    std::vector<int> list(3);
    list.resize(1000);
    CHECK(allocations() - before >= 2);
}
