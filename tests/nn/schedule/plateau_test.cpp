#include "nn/schedule/golden.h"

#include <knoll/nn/optim/sgd.h>
#include <knoll/nn/schedule/plateau.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;

namespace {

nn::SGD sgd_at(double rate) { return nn::SGD{{ones({1}).set_requires_grad()}, {.learning_rate = rate}}; }

std::vector<double> rates(const nn::ReduceLROnPlateauOptions& options, const std::vector<double>& metrics) {
    nn::SGD sgd = sgd_at(1.0);
    nn::ReduceLROnPlateau schedule{sgd, options};
    std::vector<double> found;
    for (const double metric : metrics) {
        schedule.step(metric);
        found.push_back(sgd.learning_rate());
    }
    return found;
}

using Rates = std::vector<double>;

}  // namespace

TEST_CASE("a metric that stays where it is does not improve, whichever way it should go") {
    for (const nn::MetricMode mode : {nn::MetricMode::min, nn::MetricMode::max})
        for (const nn::ThresholdMode threshold_mode : {nn::ThresholdMode::relative, nn::ThresholdMode::absolute}) {
            const nn::ReduceLROnPlateauOptions options{.mode = mode, .factor = 0.5, .patience = 1, .threshold = 0, .threshold_mode = threshold_mode};
            CHECK(rates(options, {1, 1, 1, 1, 1}) == Rates{1, 1, 0.5, 0.5, 0.25});
        }
}

TEST_CASE("ReduceLROnPlateau gives PyTorch's rates, and goes on from its state") {
    const GoldenSchedule golden = golden_schedule("ReduceLROnPlateau");
    const nn::ReduceLROnPlateauOptions options{.factor = golden.options["factor"], .patience = golden.options["patience"]};
    const auto interrupted = GENERATE(std::size_t{0}, std::size_t{5}, std::size_t{23});
    nn::SGD sgd = sgd_at(golden.base);
    auto schedule = std::make_unique<nn::ReduceLROnPlateau>(sgd, options);
    for (std::size_t step = 0; step < golden.rates.size(); ++step) {
        INFO("step " << step);
        CHECK(sgd.learning_rate() == Approx(golden.rates[step]).epsilon(1e-12));
        if (step == interrupted) {
            const nn::StateDict state = schedule->state_dict();
            schedule = std::make_unique<nn::ReduceLROnPlateau>(sgd, options);
            schedule->load_state_dict(state);
        }
        schedule->step(golden.metrics[step]);
    }
}

TEST_CASE("a metric may be better when higher, and a threshold absolute") {
    CHECK(rates({.mode = nn::MetricMode::max, .factor = 0.5, .patience = 0, .threshold = 0.1, .threshold_mode = nn::ThresholdMode::absolute},
                {1.0, 1.05, 1.2, 1.15}) == Rates{1, 0.5, 0.5, 0.25});
    CHECK(rates({.mode = nn::MetricMode::max, .factor = 0.5, .patience = 0, .threshold = 0.1}, {10, 10.9, 11.1}) == Rates{1, 0.5, 0.5});
}

TEST_CASE("after a reduction the cooldown is waited out") {
    CHECK(rates({.factor = 0.5, .patience = 0, .cooldown = 2}, {1, 1, 1, 1, 1}) == Rates{1, 0.5, 0.5, 0.5, 0.25});
}

TEST_CASE("the rate stops at its minimum, and NaN is no improvement") {
    CHECK(rates({.factor = 0.5, .patience = 0, .min_learning_rate = 0.4}, {1, 1, 1, 1}) == Rates{1, 0.5, 0.4, 0.4});
    CHECK(rates({.factor = 0.5, .patience = 1}, {NAN, NAN, 1}) == Rates{1, 0.5, 0.5});
}

TEST_CASE("plateau options out of range are refused") {
    nn::SGD sgd = sgd_at(1.0);
    CHECK_THROWS_WITH(nn::ReduceLROnPlateau(sgd, {.factor = 1.0}), Catch::Matchers::Equals("[ReduceLROnPlateau] expected a factor in (0, 1), got 1"));
    CHECK_THROWS_AS(nn::ReduceLROnPlateau(sgd, {.patience = -1}), ValueError);
}
