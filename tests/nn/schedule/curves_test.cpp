#include "nn/schedule/golden.h"

#include <knoll/core/error.h>
#include <knoll/nn/schedule/curves.h>
#include <catch2/catch.hpp>

using namespace knoll;
using Catch::Matchers::Contains;

namespace {

void check_golden(const nn::RateCurve& curve, const GoldenSchedule& golden) {
    for (std::size_t step = 0; step < golden.rates.size(); ++step) {
        INFO("step " << step);
        CHECK(curve(golden.base, static_cast<std::int64_t>(step)) == Approx(golden.rates[step]).epsilon(1e-12).margin(1e-15));
    }
}

}  // namespace

TEST_CASE("StepLR gives PyTorch's rates") {
    const GoldenSchedule golden = golden_schedule("StepLR");
    check_golden(nn::StepLR{.step_size = golden.options["step_size"], .gamma = golden.options["gamma"]}, golden);
}

TEST_CASE("CosineAnnealingLR gives PyTorch's rates, past its end too") {
    const GoldenSchedule golden = golden_schedule("CosineAnnealingLR");
    check_golden(nn::CosineAnnealingLR{.t_max = golden.options["T_max"], .eta_min = golden.options["eta_min"]}, golden);
}

TEST_CASE("OneCycleLR gives PyTorch's rates") {
    const GoldenSchedule golden = golden_schedule("OneCycleLR");
    check_golden(nn::OneCycleLR{.max_learning_rate = golden.options["max_lr"],
                                .total_steps = golden.options["total_steps"],
                                .pct_start = golden.options["pct_start"],
                                .div_factor = golden.options["div_factor"],
                                .final_div_factor = golden.options["final_div_factor"]},
                 golden);
}

TEST_CASE("LinearLR gives PyTorch's rates") {
    const GoldenSchedule golden = golden_schedule("LinearLR");
    check_golden(
        nn::LinearLR{.start_factor = golden.options["start_factor"], .end_factor = golden.options["end_factor"], .total_iters = golden.options["total_iters"]},
        golden);
}

TEST_CASE("OneCycleLR without a peak of its own climbs to the base rate, and stays at its end") {
    const nn::OneCycleLR curve{.total_steps = 10, .pct_start = 0.5};
    CHECK(curve(0.1, 0) == Approx(0.1 / 25));
    CHECK(curve(0.1, 4) == Approx(0.1));
    CHECK(curve(0.1, 9) == Approx(0.1 / 25 / 1e4));
    CHECK(curve(0.1, 1000) == curve(0.1, 9));
    CHECK(nn::OneCycleLR{.total_steps = 1}(0.1, 0) == Approx(0.1 / 25 / 1e4));
    CHECK(nn::OneCycleLR{.total_steps = 2, .pct_start = 1.0}(0.1, 1) == Approx(0.1));
}

TEST_CASE("a warm-up climbs in a straight line and hands over to another curve from its beginning") {
    const nn::WarmUp curve{.steps = 4, .start_factor = 0.2, .then = nn::StepLR{.step_size = 2, .gamma = 0.5}};
    const std::vector<double> expected{0.2, 0.4, 0.6, 0.8, 1, 1, 0.5, 0.5, 0.25};
    for (std::size_t step = 0; step < expected.size(); ++step) CHECK(curve(1.0, static_cast<std::int64_t>(step)) == Approx(expected[step]));
    CHECK(nn::WarmUp{.steps = 2}(3.0, 100) == 3.0);
    CHECK(nn::WarmUp{.steps = 0}(3.0, 0) == 3.0);
}

TEST_CASE("curves of no length are refused") {
    CHECK_THROWS_WITH(nn::StepLR{.step_size = 0}(1, 0), Contains("[StepLR] expected a step_size of 1 or more, got 0"));
    CHECK_THROWS_AS(nn::CosineAnnealingLR{.t_max = 0}(1, 0), ValueError);
    CHECK_THROWS_AS(nn::OneCycleLR{.total_steps = 0}(1, 0), ValueError);
    CHECK_THROWS_WITH((nn::OneCycleLR{.total_steps = 5, .pct_start = 2}(1, 0)), Contains("[OneCycleLR] expected a pct_start in [0, 1], got 2"));
    CHECK_THROWS_AS(nn::LinearLR{.total_iters = 0}(1, 0), ValueError);
}
