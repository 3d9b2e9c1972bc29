#include "nn/check_layer.h"
#include "support/threads.h"

#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/nn/optim/adam.h>
#include <knoll/nn/optim/rmsprop.h>
#include <knoll/nn/optim/sgd.h>
#include <catch2/catch.hpp>

#include <functional>
#include <memory>

using namespace knoll;
using Catch::Matchers::Contains;
using Catch::Matchers::Equals;

namespace {

Tensor parameter(double value = 1.0, std::int64_t count = 1) { return full({count}, value).set_requires_grad(); }

}  // namespace

TEST_CASE("gradients are forgotten by zero_grad and by nothing else") {
    Tensor w = parameter();
    nn::SGD sgd{{w}, {.learning_rate = 0.5}};
    backward(sum(w * 2.0));
    sgd.step();
    CHECK(w.item() == 0.0);
    CHECK(w.grad().item() == 2.0);
    sgd.zero_grad();
    CHECK_FALSE(w.grad().defined());
}

TEST_CASE("a parameter without a gradient is left alone and takes no step") {
    Tensor used = parameter(), unused = parameter(), frozen = ones({1});
    nn::Adam adam{{used, unused, frozen}};
    backward(sum(square(used)));
    adam.step();
    CHECK(used.item() < 1.0);
    CHECK(unused.item() == 1.0);
    CHECK(frozen.item() == 1.0);
    CHECK(names_of(adam.state_dict()) == std::vector<std::string>{"learning_rates", "steps", "0.exp_avg", "0.exp_avg_sq", "kind"});
    CHECK(adam.state_dict()[1].second.to_vector() == std::vector<double>{1, 0, 0});
}

TEST_CASE("a step is a change in place that a backward pass notices") {
    Tensor w = parameter();
    nn::SGD sgd{{w}};
    const auto before = w.version();
    const Tensor loss = sum(square(w));
    backward(loss, {.retain_graph = true});
    sgd.step();
    CHECK(w.version() > before);
    CHECK_THROWS_AS(backward(loss), AutogradError);
}

TEST_CASE("groups have options and learning rates of their own") {
    Tensor a = parameter(), b = parameter(), c = parameter();
    nn::SGD sgd{{{{a}, {.learning_rate = 0.1}}, {{b}, {.learning_rate = 0.2, .momentum = 0.9}}}};
    sgd.add_group({c}, {.learning_rate = 0.3, .weight_decay = 1.0});
    for (Tensor* w : {&a, &b, &c}) w->set_grad(tensor({1}));
    sgd.step();
    CHECK(a.item() == Approx(0.9));
    CHECK(b.item() == Approx(0.8));
    CHECK(c.item() == Approx(0.4));
    CHECK(sgd.num_groups() == 3);
    CHECK(sgd.options(1).momentum == 0.9);

    sgd.set_learning_rate(1, 0.0);
    CHECK(sgd.learning_rate(1) == 0.0);
    sgd.set_learning_rate(0.5);
    CHECK(sgd.learning_rate(0) == 0.5);
    CHECK(sgd.learning_rate(2) == 0.5);
    CHECK_THROWS_WITH(sgd.learning_rate(3), Equals("[SGD] expected a group below 3, got 3"));
    CHECK_THROWS_WITH(sgd.set_learning_rate(-1.0), Equals("[SGD] expected a learning rate of 0 or more, got -1"));
}

TEST_CASE("optimisers refuse no parameters, one twice, and tensors that are none") {
    const Tensor w = parameter();
    CHECK_THROWS_WITH(nn::SGD(std::vector<Tensor>{}), Contains("[SGD] expected parameters, got none"));
    CHECK_THROWS_WITH(nn::SGD({w, w}), Contains("[SGD] expected every parameter once, got one of shape [1] twice"));
    nn::Adam adam{{w}};
    CHECK_THROWS_WITH(adam.add_group({w}, {}), Contains("twice"));
    CHECK_THROWS_WITH(nn::SGD({w * 2.0}), Contains("expected leaves, got a tensor computed from others at 0"));
    CHECK_THROWS_WITH(nn::SGD({zeros({1}, DType::i64)}), Contains("expected floating parameters"));
}

TEST_CASE("a step has the same bits at any number of threads") {
    const auto train = [] {
        Rng rng{1};
        std::vector<Tensor> weights{randn({300, 301}, rng).set_requires_grad(), randn({7}, rng).set_requires_grad(), randn({50000}, rng).set_requires_grad()};
        nn::Adam adam{weights, {.weight_decay = 0.1}};
        for (int step = 0; step < 3; ++step) {
            for (Tensor& w : weights) w.set_grad(randn(w.shape(), rng));
            adam.step();
        }
        return weights;
    };
    check_same_bits(train);
}

TEST_CASE("an optimiser goes on from its state to the bit") {
    const auto step = [](nn::Optimizer& optimizer, Tensor& w, double gradient) {
        w.set_grad(tensor({gradient, -gradient}));
        optimizer.step();
    };
    const auto check = [&](auto make) {
        Tensor w = tensor({1, 2}).set_requires_grad();
        auto first = make(w);
        step(*first, w, 0.5);
        step(*first, w, 0.25);
        first->set_learning_rate(0.03);
        Tensor copy = w.detach().clone().set_requires_grad();
        auto second = make(copy);
        nn::StateDict state;
        for (const auto& [name, tensor] : first->state_dict()) state.emplace_back(name, tensor.clone());
        second->load_state_dict(state);
        CHECK(second->learning_rate() == 0.03);
        step(*first, w, -0.75);
        step(*second, copy, -0.75);
        CHECK(w.to_vector() == copy.to_vector());
    };
    check([](const Tensor& w) { return std::make_unique<nn::SGD>(std::vector{w}, nn::SGDOptions{.momentum = 0.9, .nesterov = true}); });
    check([](const Tensor& w) { return std::make_unique<nn::Adam>(std::vector{w}); });
    check([](const Tensor& w) { return std::make_unique<nn::AdamW>(std::vector{w}); });
    check([](const Tensor& w) { return std::make_unique<nn::RMSprop>(std::vector{w}, nn::RMSpropOptions{.momentum = 0.5}); });
}

TEST_CASE("a state of another optimiser or model is refused and changes nothing") {
    Tensor w = parameter(1.0, 2), v = parameter(1.0, 3);
    for (Tensor* t : {&w, &v}) t->set_grad(ones_like(*t));
    nn::SGD sgd{{w}, {.momentum = 0.9}};
    nn::Adam adam{{w}}, both{{w, v}}, other{{v}};
    for (nn::Optimizer* optimizer : {static_cast<nn::Optimizer*>(&sgd), static_cast<nn::Optimizer*>(&adam), static_cast<nn::Optimizer*>(&other)})
        optimizer->step();
    const auto before = adam.state_dict()[2].second.to_vector();
    CHECK_THROWS_WITH(adam.load_state_dict(sgd.state_dict()), Equals("[Adam] expected the state of Adam, got that of SGD"));
    CHECK_THROWS_WITH(both.load_state_dict(adam.state_dict()), Contains("[Adam] expected the state of 2 parameters, got steps of i64 and shape [1]"));
    CHECK_THROWS_WITH(adam.load_state_dict(other.state_dict()), Contains("of another shape: 0.exp_avg [3] for [2]"));
    CHECK_THROWS_WITH(adam.load_state_dict({}), Contains("[Adam] expected the state of Adam, got one that does not say what it is of"));
    CHECK_THROWS_WITH(adam.load_state_dict({nn::kind_entry("Adam")}), Contains("got no tensor called steps"));
    nn::StateDict bad = adam.state_dict();
    bad[0].second = tensor({-1}, DType::f64);
    CHECK_THROWS_WITH(adam.load_state_dict(bad), Contains("learning rate of 0 or more, got -1"));
    bad = adam.state_dict();
    bad[1].second = tensor({-1}, DType::i64);
    CHECK_THROWS_WITH(adam.load_state_dict(bad), Contains("[Adam] expected steps of 0 to 9007199254740992, got -1"));
    CHECK(adam.state_dict()[2].second.to_vector() == before);
    CHECK(adam.learning_rate() == 1e-3);
}

TEST_CASE("a gradient set by hand must have the parameter's type, and the parameter keep it") {
    Tensor w = parameter();
    nn::Adam adam{{w}};
    w.set_grad(tensor({1}, DType::f64));
    CHECK_THROWS_WITH(adam.step(), Contains("[Adam] expected a gradient of f32 for a parameter of f32, got f64"));
}

TEST_CASE("every optimiser refuses the state of every other by name, after steps and before the first") {
    const std::vector<std::function<std::unique_ptr<nn::Optimizer>(const Tensor&)>> kinds{
        [](const Tensor& w) { return std::make_unique<nn::SGD>(std::vector{w}); },
        [](const Tensor& w) { return std::make_unique<nn::Adam>(std::vector{w}); },
        [](const Tensor& w) { return std::make_unique<nn::AdamW>(std::vector{w}); },
        [](const Tensor& w) { return std::make_unique<nn::RMSprop>(std::vector{w}); },
    };
    for (const int steps : {0, 3})
        for (std::size_t i = 0; i < kinds.size(); ++i)
            for (std::size_t j = 0; j < kinds.size(); ++j) {
                Tensor from = parameter(), into = parameter();
                const std::unique_ptr<nn::Optimizer> source = kinds[i](from), target = kinds[j](into);
                for (int step = 0; step < steps; ++step) {
                    from.set_grad(tensor({1}));
                    source->step();
                }
                INFO(source->name() << " into " << target->name() << " after " << steps);
                if (i == j)
                    CHECK_NOTHROW(target->load_state_dict(source->state_dict()));
                else
                    CHECK_THROWS_WITH(target->load_state_dict(source->state_dict()),
                                      Equals(text("[", target->name(), "] expected the state of ", target->name(), ", got that of ", source->name())));
            }
}
