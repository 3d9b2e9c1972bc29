#include <knoll/losses/label_proportions.h>
#include "support/close.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

using namespace knoll;

namespace {

// Two bags of three examples and two classes each; of a class the first bag has nothing.
Tensor bag_logits(DType dtype = DType::f64) { return tensor({{0.3, -1.2}, {0.8, 0.1}, {2.0, 0.5}, {-0.7, 1.1}, {-0.4, 0.9}, {0.2, -1.5}}, dtype); }
Tensor bag_shares(DType dtype = DType::f64) { return tensor({{1.0, 0.0}, {1.0 / 3, 2.0 / 3}}, dtype); }

double first_probability(const Tensor& z, std::int64_t row) { return 1 / (1 + std::exp(z.at<double>(row, 1) - z.at<double>(row, 0))); }

}  // namespace

TEST_CASE("the proportion loss is the cross-entropy of shares and mean predictions, with its closed-form gradient") {
    Tensor z = bag_logits().set_requires_grad();
    double means[2] = {0, 0};
    for (std::int64_t i = 0; i < 6; ++i) means[i / 3] += first_probability(z, i) / 3;
    const double value = (-std::log(means[0]) - std::log(means[1]) / 3 - 2 * std::log(1 - means[1]) / 3) / 2;
    const Tensor loss = losses::proportion_loss(z, bag_shares());
    CHECK(loss.item() == Approx(value).epsilon(1e-13));

    // By p_ic of the mean over bags of -sum r log mean p it is -r / mean p / M / B; then the softmax.
    std::vector<double> slopes;
    for (std::int64_t i = 0; i < 6; ++i) {
        const double p = first_probability(z, i), m = means[i / 3], r = i < 3 ? 1.0 : 1.0 / 3;
        const double by_first = -r / m / 6, by_second = -(1 - r) / (1 - m) / 6;
        slopes.insert(slopes.end(), {p * (1 - p) * (by_first - by_second), p * (1 - p) * (by_second - by_first)});
    }
    check_close(grad(loss, z), tensor(slopes, {6, 2}, DType::f64), 1e-12, 1e-14);
    const auto result = gradcheck([](const Tensor& x) { return losses::proportion_loss(x, bag_shares()); }, bag_logits(), {.order = 3});
    INFO(result.report());
    CHECK(result.ok());
}

TEST_CASE("a bag of one is cross-entropy, and logits of 1e4 leave value and gradients finite and right") {
    const Tensor own = tensor({{0.0, 1.0}, {1.0, 0.0}}, DType::f64);
    CHECK(losses::proportion_loss(tensor({{1.0, 2.0}, {0.0, 0.0}}, DType::f64), own).item() == Approx((std::log1p(std::exp(-1.0)) + std::log(2.0)) / 2));
    for (const DType dtype : {DType::f32, DType::f64}) {
        Tensor z = tensor({{1e4, -1e4}, {1e4, -1e4}}, dtype).set_requires_grad();
        const Tensor loss = losses::proportion_loss(z, tensor({{0.5, 0.5}}, dtype));
        CHECK(loss.item() == Approx(1e4));
        check_close(grad(loss, z), tensor({{0.25, -0.25}, {0.25, -0.25}}, dtype), 1e-6, 0);
    }
}

TEST_CASE("dual entropy weights follow their formula, are constants, and leave out absent classes") {
    const Tensor z = bag_logits();
    const Tensor weights = losses::dual_entropy_weights(z.clone().set_requires_grad(), bag_shares(), {.bag_width = 2, .instance_width = 3});
    CHECK_FALSE(weights.requires_grad());
    CHECK(weights.shape() == Shape{6});
    for (std::int64_t i = 0; i < 6; ++i) {
        const double p = first_probability(z, i);
        const double h = -p * std::log(p) - (1 - p) * std::log(1 - p);
        const bool first = p > 0.5;
        const std::int64_t from = i / 3 * 3;
        double total = 0, entropy = 0;
        for (std::int64_t j = from; j < from + 3; ++j) total += first ? first_probability(z, j) : 1 - first_probability(z, j);
        for (std::int64_t j = from; j < from + 3; ++j) {
            const double q = (first ? first_probability(z, j) : 1 - first_probability(z, j)) / total;
            entropy -= q * std::log(q);
        }
        const double count = from == 0 ? 3 : first ? 1 : 2;
        const double gap = entropy - std::log(count);
        CHECK(weights.at<double>(i) == Approx(std::exp(-h * h / 3) * std::exp(-gap * gap / 2)).epsilon(1e-12));
    }
    const Tensor absent = losses::dual_entropy_weights(z, tensor({{0.0, 1.0}, {0.5, 0.5}}, DType::f64));
    for (std::int64_t i = 0; i < 3; ++i) CHECK(absent.at<double>(i) == 0);
}

TEST_CASE("dual entropy weights are 1 where predictions are certain and fit the shares, and finite at logits of 1e4") {
    for (const DType dtype : {DType::f32, DType::f64}) {
        const Tensor sure = tensor({{1e4, -1e4}, {-1e4, 1e4}, {1e4, -1e4}, {-1e4, 1e4}}, dtype);
        check_close(losses::dual_entropy_weights(sure, tensor({{0.5, 0.5}}, dtype)), ones({4}, dtype), 1e-6, 0);
        const Tensor torn = tensor({{1e4, 1e4}, {1e4, -1e4}}, dtype);
        for (const double w : losses::dual_entropy_weights(torn, tensor({{0.5, 0.5}}, dtype)).to_vector()) CHECK((w >= 0 && w <= 1));
    }
}

TEST_CASE("shares of bags are counted from labels, and what does not fit is refused") {
    const Tensor labels = tensor({0.0, 0.0, 2.0, 1.0}, DType::i64);
    check_close(losses::bag_proportions(labels, 2, 3, DType::f64), tensor({{1.0, 0.0, 0.0}, {0.0, 0.5, 0.5}}, DType::f64), 0, 0);
    CHECK_THROWS_WITH(losses::bag_proportions(labels, 3, 3), "[bag_proportions] expected labels of whole bags of 3, got shape [4]");
    CHECK_THROWS_WITH(losses::proportion_loss(bag_logits(), tensor({{1.0, 0.0}, {0.5, 0.5}, {0.5, 0.5}, {1.0, 0.0}}, DType::f64)),
                      "[proportion_loss] expected logits [B M, K] and proportions [B, K] of B bags, got shapes [6, 2] and [4, 2]");
    CHECK_THROWS_WITH(losses::proportion_loss(bag_logits(), tensor({{1.0, 0.5}}, DType::f64)),
                      "[proportion_loss] expected proportions that add up to 1 in every bag, got 1.5 in bag 0");
    CHECK_THROWS_WITH(losses::proportion_loss(bag_logits(), tensor({{2.0, -1.0}}, DType::f64)),
                      "[proportion_loss] expected proportions of at least 0, got -1 at index [0, 1]");
    CHECK_THROWS_WITH(losses::proportion_loss(full({2, 2}, std::nan("")), tensor({{1.0, 0.0}}, DType::f64)),
                      "[proportion_loss] expected logits that are numbers, got NaN at index [0, 0]");
    CHECK_THROWS_WITH(losses::dual_entropy_weights(bag_logits(), bag_shares(), {.bag_width = 0}), "[dual_entropy_weights] expected widths above 0, got 0");
}
