#include <knoll/nn/optim/sgd.h>
#include <knoll/nn/schedule/schedule.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

nn::ParameterGroup<nn::SGDOptions> group(double rate) { return {{ones({1}).set_requires_grad()}, {.learning_rate = rate}}; }

}  // namespace

TEST_CASE("a scheduler sets every group's rate from its own base, at once and after every step") {
    nn::SGD sgd{{group(1.0), group(0.1)}};
    nn::LRScheduler schedule{sgd, nn::LinearLR{.start_factor = 0.5, .total_iters = 2}};
    CHECK(sgd.learning_rate(0) == 0.5);
    CHECK(sgd.learning_rate(1) == Approx(0.05));
    schedule.step();
    CHECK(sgd.learning_rate(0) == 0.75);
    schedule.step();
    CHECK(sgd.learning_rate(0) == 1.0);
    CHECK(sgd.learning_rate(1) == Approx(0.1));
    CHECK(schedule.steps_taken() == 2);
}

TEST_CASE("a scheduler goes on from its state, bases included") {
    nn::SGD first{{group(1.0)}}, second{{group(7.0)}};
    const nn::CosineAnnealingLR curve{.t_max = 10};
    nn::LRScheduler from{first, curve};
    for (int i = 0; i < 3; ++i) from.step();
    nn::LRScheduler to{second, curve};
    to.load_state_dict(from.state_dict());
    CHECK(second.learning_rate() == first.learning_rate());
    to.step();
    from.step();
    CHECK(second.learning_rate() == first.learning_rate());
}

TEST_CASE("a scheduler refuses a state of other groups and no curve at all") {
    nn::SGD one{{group(1.0)}}, two{{group(1.0), group(2.0)}};
    nn::LRScheduler a{one, nn::StepLR{}}, b{two, nn::StepLR{}};
    CHECK_THROWS_WITH(a.load_state_dict(b.state_dict()), Catch::Matchers::Contains("[LRScheduler]") && Catch::Matchers::Contains("bases [2] for [1]"));
    CHECK_THROWS_AS(a.load_state_dict({}), ValueError);
    CHECK_THROWS_AS(nn::LRScheduler(one, nn::RateCurve{}), ValueError);
    nn::StateDict state = a.state_dict();
    state[1].second = scalar(-1, DType::i64);
    CHECK_THROWS_AS(a.load_state_dict(state), ValueError);
}
