// The numbers that curves of losses are drawn from.
#include <knoll/apps/plots/learned_loss_curve.h>
#include <knoll/apps/plots/loss_curves.h>

#include <knoll/core/error.h>
#include <knoll/core/ops/random.h>
#include <knoll/losses/learned_loss.h>

#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;
using namespace knoll::apps;

TEST_CASE("a curve has 481 points, from -6 to 6 unless told otherwise") {
    const Series wide = loss_curves({"bce"}, {})[0].series[0];
    REQUIRE(wide.x.size() == 481);
    CHECK(wide.x.front() == -6);
    CHECK(wide.x.back() == Approx(6));
    CHECK(wide.x[240] == Approx(0).margin(1e-12));
    const Series narrow = loss_curves({"bce"}, {.from = 1, .to = 2})[0].series[0];
    CHECK(narrow.x.front() == 1);
    CHECK(narrow.x.back() == Approx(2));
    CHECK(narrow.y.size() == 481);
    CHECK(narrow.y.back() == Approx(std::log1p(std::exp(-2.0))));
}

TEST_CASE("the four plots are named, and their axes say what is drawn") {
    const auto binary = loss_curves({"bce", "hill"}, {});
    const auto texts = [](const LinePlot& plot) { return plot.title + " | " + plot.x_label + " | " + plot.y_label; };
    CHECK(texts(binary[0]) == "Loss, positive target | logit | loss");
    CHECK(texts(binary[1]) == "Gradient, positive target | logit | d loss / d logit");
    CHECK(texts(binary[2]) == "Loss, negative target | logit | loss");
    CHECK(texts(binary[3]) == "Gradient, negative target | logit | d loss / d logit");
    CHECK(binary[3].series[1].name == "hill");
    const auto single = loss_curves({"cross_entropy"}, {.classes = 4});
    CHECK(texts(single[0]) == "Loss, true class | logit of the true class, 3 others at 0 | loss");
    CHECK(texts(single[3]) == "Gradient, wrong class | logit of a wrong class, 3 others at 0 | d loss / d logit");
    CHECK(single[0].series[0].y[240] == Approx(std::log(4.0)));
}

TEST_CASE("the epoch reaches the loss, and is the second unless told otherwise") {
    const auto slope = [](const LossCurveOptions& options) { return loss_curves({"splc"}, options)[3].series[0].y; };
    const auto last = [&](const LossCurveOptions& options) { return slope(options).back(); };
    CHECK(last({}) == last({.epoch = 1}));
    CHECK(last({}) != last({.epoch = 0}));
}

TEST_CASE("the number of classes reaches losses of several labels") {
    const auto negative = [](std::int64_t classes) { return loss_curves({"wan"}, {.classes = classes})[2].series[0].y[240]; };
    CHECK(negative(2) == Approx(std::log(2.0)));  // wan weighs absent labels by 1 / (classes - 1)
    CHECK(negative(10) == Approx(std::log(2.0) / 9));
    CHECK(loss_curves({"bce"}, {.classes = 2})[2].series[0].y == loss_curves({"bce"}, {})[2].series[0].y);
    CHECK_THROWS_WITH(loss_curves({"bce"}, {.classes = 1}), "[plot] expected at least 2 classes, got 1");
}

TEST_CASE("losses without a curve are refused by name") {
    CHECK_THROWS_WITH(loss_curves({}, {}), "[plot] expected at least one loss, got none");
    CHECK_THROWS_WITH(loss_curves({"triplet"}, {}), "[plot] expected losses of a logit, got triplet, a loss of pairs of embeddings, which has no such curve");
    CHECK_THROWS_WITH(loss_curves({"kl_div"}, {}), Catch::Contains("expected losses for binary or class targets, got kl_div"));
    CHECK_THROWS_WITH(loss_curves({"bce"}, {.from = 2, .to = 2}), "[plot] expected --from below --to, got 2 and 2");
}

TEST_CASE("a steep slope on a wide range is no jump") {
    const auto plots = loss_curves({"bce"}, {.from = -400, .to = 400});
    for (const LinePlot& plot : plots)
        for (const double y : plot.series[0].y) REQUIRE(std::isfinite(y));
}

TEST_CASE("a learned loss is drawn beside cross entropy and squared error, each 0 at certainty and 1 at chance") {
    constexpr std::int64_t classes = 5;
    Rng rng{3};
    const Tensor parameters = randn({12}, rng);  // three hidden units
    const LinePlot plot = learned_loss_curve(parameters, classes);
    REQUIRE(plot.series.size() == 3);
    CHECK(plot.title == "The loss that was learned");
    CHECK(plot.series[0].name == "learned");
    CHECK(plot.series[1].name == "cross entropy");
    CHECK(plot.series[2].name == "squared error");
    const Tensor values = parameters.to(DType::f64).detach();
    const auto learned = [&](double p) {  // a sum over classes: the true one, and four that share the rest
        double sum = losses::learned_loss_term(values, tensor({1}, DType::f64), tensor({p}, DType::f64)).item();
        for (int c = 1; c < classes; ++c) sum += losses::learned_loss_term(values, tensor({0}, DType::f64), tensor({(1 - p) / 4}, DType::f64)).item();
        return sum;
    };
    const double scale = std::abs(learned(0.2) - learned(1));
    for (const Series& series : plot.series) {
        REQUIRE(series.x.size() == 100);
        REQUIRE(series.y.size() == 100);
        CHECK(series.x.front() == Approx(0.01));
        CHECK(series.x.back() == Approx(1));
        CHECK_FALSE(series.reference);
    }
    for (std::size_t i = 0; i < 100; ++i) {
        const double p = 0.01 + 0.01 * static_cast<double>(i);
        CHECK(plot.series[0].x[i] == Approx(p));
        CHECK(plot.series[0].y[i] == Approx((learned(p) - learned(1)) / scale).margin(1e-9));
        CHECK(plot.series[1].y[i] == Approx(-std::log(p) / std::log(5.0)).margin(1e-9));
        CHECK(plot.series[2].y[i] == Approx((1 - p) * (1 - p) / 0.64).margin(1e-9));
    }
}
