// What docs/threads.md promises of several threads of a program, where nn, losses and data meet.
#include "support/same.h"
#include "support/threads.h"

#include <knoll/knoll.h>
#include <catch2/catch.hpp>

#include <latch>
#include <optional>
#include <thread>
#include <vector>

using namespace knoll;

namespace {

constexpr int thread_count = 3;

// Calls body(thread) in so many threads, which begin together, and returns their answers.
template <class Body>
auto in_threads(const Body& body) {
    std::vector<std::optional<decltype(body(0))>> answers(thread_count);
    std::latch ready(thread_count);
    std::vector<std::thread> threads;
    for (int i = 0; i < thread_count; ++i)
        threads.emplace_back([&, i] {
            ready.arrive_and_wait();
            answers[static_cast<std::size_t>(i)].emplace(body(i));
        });
    for (std::thread& thread : threads) thread.join();
    return answers;
}

data::LabeledImages images() { return data::draw_shapes({.count = 40, .size = 12}); }
Tensor pixels_of(const data::LabeledImages& set) { return set.images().to(DType::f32) * (1.0 / 255.0); }

nn::Sequential network(std::uint64_t seed) {
    nn::Sequential net{nn::Conv2d{1, 8, {.kernel = 3, .padding = 1}},
                       nn::BatchNorm2d{8},
                       nn::ReLU{},
                       nn::Conv2d{8, 16, {.kernel = 3}},
                       nn::MaxPool2d{2},
                       nn::Flatten{},
                       nn::Dropout{0.2},
                       nn::Linear{400, 120},
                       nn::ReLU{},
                       nn::Linear{120, 10}};
    Rng rng{seed};
    net.initialize(rng);
    return net;
}

// Weights, running statistics and moments after two epochs, of data that threads may share.
NamedTensors trained(const data::LabeledImages& set, std::uint64_t seed) {
    nn::Sequential net = network(seed);
    nn::Adam optimizer{net.parameters(), {.learning_rate = 1e-2}};
    data::Loader loader{set, {.batch_size = 16, .shuffle = true, .seed = seed, .transforms = {data::random_crop(2), data::random_horizontal_flip()}}};
    const auto loss = losses::make(seed % 2 == 0 ? "cross_entropy" : "softmax_focal");
    NamedTensors results;
    for (int epoch = 0; epoch < 2; ++epoch)
        for (const data::Batch& batch : loader) {
            const Tensor value = (*loss)(net(batch.images), batch.labels);
            optimizer.zero_grad();
            backward(value);
            nn::clip_grad_norm(net.parameters(), 1.0);
            optimizer.step();
            results.emplace_back("loss", value.detach());
        }
    for (const auto& [name, tensor] : net.state_dict()) results.emplace_back(name, tensor);
    return results;
}

}  // namespace

TEST_CASE("networks that several threads train at once end with the bits of one that is trained alone") {
    const data::LabeledImages set = images();
    std::vector<NamedTensors> alone;
    {
        const Threads one(1);
        for (int i = 0; i < thread_count; ++i) alone.push_back(trained(set, static_cast<std::uint64_t>(i)));
    }
    for (const int threads : {1, 3}) {
        const Threads scope(threads);
        const auto together = in_threads([&](int i) { return trained(set, static_cast<std::uint64_t>(i)); });
        for (std::size_t i = 0; i < thread_count; ++i) check_same(*together[i], alone[i]);
    }
    CHECK(alone[0].back().second.to_vector() != alone[1].back().second.to_vector());
}

TEST_CASE("several threads may predict with one network in evaluation mode") {
    nn::Sequential net = network(1);
    net.eval();
    const Tensor x = pixels_of(images());
    const NoGrad no_grad;
    const Tensor alone = softmax(net(x), 1);
    for (const auto& together : in_threads([&](int) {
             const NoGrad in_this_thread;
             Tensor last;
             for (int repeat = 0; repeat < 5; ++repeat) last = softmax(net(x), 1);
             return last;
         }))
        check_same(*together, alone);
}

TEST_CASE("a thread trains a clone while others predict with the original") {
    nn::Sequential net = network(2);
    net.eval();
    const data::LabeledImages set = images();
    const Tensor x = pixels_of(set), before = net(x).detach();
    for (const auto& answer : in_threads([&](int i) {
             nn::Sequential own = nn::clone(net);
             own.train();
             nn::SGD optimizer{own.parameters(), {.learning_rate = 0.1}};
             for (int step = 0; step < 3 && i == 0; ++step) {
                 optimizer.zero_grad();
                 backward(mean(square(own(x))));
                 optimizer.step();
             }
             return i == 0 ? before : net(x).detach();
         }))
        check_same(*answer, before);
}

TEST_CASE("NoGrad, EnableGrad and AnomalyMode hold for their own thread alone") {
    const NoGrad no_grad;
    const AnomalyMode anomaly;
    const Tensor weight = ones({3}).set_requires_grad();
    for (const auto& recorded : in_threads([&](int i) {
             const bool at_first = grad_enabled() && !anomaly_mode();
             std::optional<NoGrad> own;
             if (i == 0) own.emplace();
             const Tensor y = log(weight * -1.0);  // NaN, which this thread does not look for
             return at_first && y.requires_grad() == (i != 0);
         }))
        CHECK(*recorded);
    CHECK_FALSE(grad_enabled());
    CHECK(anomaly_mode());
}

TEST_CASE("generators forked by number draw in threads what they draw alone") {
    const Rng rng{5};
    const auto draw = [&](int i) {
        Rng own = rng.fork(static_cast<std::uint64_t>(i));
        return randn({5000}, own);
    };
    const auto together = in_threads(draw);
    for (int i = 0; i < thread_count; ++i) check_same(*together[static_cast<std::size_t>(i)], draw(i));
}

TEST_CASE("passes of one loader may be walked in several threads") {
    const data::LabeledImages set = images();
    const auto walk = [](data::Loader::Iterator at) {
        std::vector<double> pixels;
        for (; at != std::default_sentinel; ++at) {
            const std::vector<double> more = at->images.to_vector();
            pixels.insert(pixels.end(), more.begin(), more.end());
        }
        return pixels;
    };
    const auto make = [&] { return data::Loader{set, {.batch_size = 7, .shuffle = true, .seed = 3, .transforms = {data::random_crop(2)}}}; };
    data::Loader in_turn = make(), at_once = make();
    std::vector<std::vector<double>> alone;
    for (int i = 0; i < thread_count; ++i) alone.push_back(walk(in_turn.begin()));
    std::vector<data::Loader::Iterator> passes;
    for (int i = 0; i < thread_count; ++i) passes.push_back(at_once.begin());
    const auto together = in_threads([&](int i) { return walk(passes[static_cast<std::size_t>(i)]); });
    for (std::size_t i = 0; i < thread_count; ++i) CHECK(*together[i] == alone[i]);
    CHECK(alone[0] != alone[1]);
}

TEST_CASE("a hook runs in the thread whose reverse pass meets it") {
    Tensor weight = ones({3}).set_requires_grad();
    const auto own = in_threads([&](int) {
        Tensor mine = weight * 2.0;
        bool here = false;
        mine.register_hook([&, id = std::this_thread::get_id()](const Tensor&) {
            here = std::this_thread::get_id() == id;
            return Tensor{};
        });
        grad(sum(mine), weight);
        return here;
    });
    for (const auto& here : own) CHECK(*here);
}
