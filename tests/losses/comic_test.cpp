#include <knoll/losses/comic.h>
#include "support/close.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

using namespace knoll;

namespace {

double probability_of(double z) { return 1 / (1 + std::exp(-z)); }

struct ModifiedElement {
    double value, gradient;
};

// The formulas as the published code has them, whose weights are constants.
ModifiedElement modified(double z, bool positive, double w, double suggested, const losses::FocalModifierOptions& options) {
    const double p = probability_of(z);
    if (positive) {
        const double weight = w * std::pow(1 - p * (1 - suggested), options.gamma_pos);
        return {-weight * std::log(p), -weight * (1 - p)};
    }
    const double factor = suggested > 0 ? options.boost : 1.0, r = factor * (1 - p + options.clip);
    if (r >= 1) return {0, 0};
    const double weight = w * std::pow(1 - r, options.gamma_neg + w);
    return {-weight * std::log(r), weight * factor * p * (1 - p) / r};
}

}  // namespace

TEST_CASE("the focal modifiers of COMIC have their closed forms, with weights held constant") {
    std::vector<double> logits, labels, suggested;
    for (int i = -12; i < 12; ++i)
        for (const double z : {0.41 * i, 0.37 * i + 0.05, -0.29 * i}) {
            logits.push_back(z);
            labels.push_back(logits.size() % 4 == 0 ? 1 : 0);
            suggested.push_back(logits.size() % 5 == 1 ? 0.3 : logits.size() % 7 == 2 ? 1.0 : 0.0);
        }
    const Shape shape{24, 3};
    const Tensor x = tensor(logits, shape, DType::f64).set_requires_grad(), y = tensor(labels, shape, DType::f64), a = tensor(suggested, shape, DType::f64);
    const Tensor weights = tensor({1.0, 1.4, 2.3}, DType::f64);
    for (const losses::FocalModifierOptions options : {losses::FocalModifierOptions{}, {.gamma_pos = 1.5, .gamma_neg = 3, .clip = 0.2, .boost = 1.1}})
        for (const bool with_prior : {false, true}) {
            std::vector<double> values, gradients;
            for (std::size_t i = 0; i < logits.size(); ++i) {
                const auto expected = modified(logits[i], labels[i] == 1, weights.to_vector()[i % 3], with_prior ? suggested[i] : 0, options);
                values.push_back(expected.value);
                gradients.push_back(expected.gradient);
            }
            const Tensor loss = with_prior ? losses::prior_focal(x, y, weights, a, options) : losses::multi_grained_focal(x, y, weights, options);
            check_close(loss, tensor(values, shape, DType::f64), 1e-11, 1e-14);
            check_close(grad(sum(loss), x), tensor(gradients, shape, DType::f64), 1e-11, 1e-14);
        }
}

TEST_CASE("the focal modifiers of COMIC stay finite and right at extreme logits") {
    const Tensor weights = tensor({1.0, 2.0});
    for (const DType dtype : {DType::f32, DType::f64}) {
        const Tensor x = tensor({{1e4, -1e4}, {-1e4, 1e4}}, dtype).set_requires_grad();
        const Tensor y = tensor({{1.0, 1.0}, {0.0, 0.0}}, dtype);
        const Tensor loss = losses::prior_focal(x, y, weights, full({2, 2}, 0.5, dtype));
        const double certain = 2 * std::pow(1 - 1.2 * 0.05, 5) * -std::log(1.2 * 0.05);
        check_close(loss.to(DType::f64), tensor({{0.0, 2e4}, {0.0, certain}}, DType::f64), 1e-6, 0);
        check_close(grad(sum(loss), x).to(DType::f64), tensor({{0.0, -2.0}, {0.0, 0.0}}, DType::f64), 1e-6, 0);
    }
}

TEST_CASE("labels suggest their companions, and an image without labels suggests nothing") {
    const Tensor labels = tensor({{1.0, 1.0, 0.0, 0.0}, {1.0, 1.0, 1.0, 0.0}, {0.0, 0.0, 0.0, 1.0}, {0.0, 0.0, 0.0, 0.0}});
    const Tensor company = losses::companionship(labels);
    check_close(company, tensor({{0.0, 2.0 / 3, 0.5, 0.0}, {2.0 / 3, 0.0, 0.5, 0.0}, {1.0 / 3, 1.0 / 3, 0.0, 0.0}, {0.0, 0.0, 0.0, 0.0}}), 1e-6, 0);
    const Tensor suggested = losses::suggested_labels(company, labels);
    check_close(sum(suggested, {1}), tensor({1.0, 1.0, 0.0, 0.0}), 1e-6, 0);
    check_close(select(suggested, 0, 0), tensor({2.0 / 7, 2.0 / 7, 3.0 / 7, 0.0}), 1e-6, 0);
}

TEST_CASE("rarity weights grow slowly from the most frequent class to classes never seen") {
    const Tensor weights = losses::rarity_weights(tensor({1000.0, 10.0, 1.0, 0.0}), 1.0 / 3);
    check_close(weights, tensor({1.0, std::cbrt(1 + std::log(100.0)), std::cbrt(1 + std::log(1000.0)), std::cbrt(1 + std::log(1000.0))}), 1e-6, 0);
    check_close(losses::rarity_weights(zeros({2}), 0.5), ones({2}), 0, 0);
}

TEST_CASE("reflection recovers labels that stand out in their batch, and its loss follows them") {
    const Tensor x = tensor({{3.0, 2.0, 1.5}, {-3.0, 2.1, 0.2}, {3.0, -1.0, 0.1}}, DType::f64).set_requires_grad();
    const Tensor y = tensor({{1.0, 0.0, 0.0}, {0.0, 0.0, 0.0}, {0.0, 1.0, 0.0}}, DType::f64);
    const losses::Reflection reflection = losses::reflect_labels(x, y);
    check_close(reflection.logits, tensor({{2.0, 2.0, 1.5}, {-3.0, 2.1, 0.2}, {3.0, -2.0, 0.1}}, DType::f64), 0, 0);
    check_close(reflection.recovered, tensor({{0.0, 1.0, 1.0}, {0.0, 1.0, 0.0}, {1.0, 0.0, 0.0}}), 0, 0);
    check_close(reflection.labels, tensor({{1.0, 1.0, 1.0}, {0.0, 1.0, 0.0}, {1.0, 1.0, 0.0}}), 0, 0);
    // Sure of a class in every image: none stands out, and nothing is recovered.
    CHECK(sum(losses::reflect_labels(full({3, 1}, 2.0), zeros({3, 1})).recovered).item() == 0);

    const Tensor weights = tensor({1.0, 1.2, 1.7}, DType::f64);
    const Tensor loss = losses::reflective_loss(reflection, weights);
    double expected = 0;
    std::vector<double> gradients;
    for (std::size_t i = 0; i < 9; ++i) {
        const auto element = modified(reflection.logits.to_vector()[i], reflection.labels.to_vector()[i] == 1, weights.to_vector()[i % 3], 0, {.gamma_neg = 3});
        expected += element.value / 9 * 3 / 6;
        gradients.push_back(element.gradient / 9 * 3 / 6);
    }
    CHECK(loss.item() == Approx(expected));
    check_close(grad(loss, x), tensor(gradients, {3, 3}, DType::f64), 1e-11, 1e-14);
    CHECK(std::isfinite(losses::reflective_loss(losses::reflect_labels(full({2, 2}, -5.0), zeros({2, 2})), ones({2})).item()));
}

TEST_CASE("the losses of COMIC name what does not fit") {
    const Tensor x = zeros({2, 3});
    CHECK_THROWS_WITH(losses::multi_grained_focal(zeros({3}), x, ones({3})), "[multi_grained_focal] expected logits [N, C], got shape [3]");
    CHECK_THROWS_WITH(losses::multi_grained_focal(x, zeros({3, 2}), ones({3})),
                      "[multi_grained_focal] expected labels of the logits' shape [2, 3], got [3, 2]");
    CHECK_THROWS_WITH(losses::prior_focal(x, x, ones({2}), x), "[prior_focal] expected weights of shape [3], one per class, got [2]");
    CHECK_THROWS_WITH(losses::prior_focal(x, x, ones({3}), zeros({2, 2})), "[prior_focal] expected suggested labels of the logits' shape [2, 3], got [2, 2]");
    CHECK_THROWS_WITH(losses::multi_grained_focal(x, x, ones({3}), {.clip = 0}), "[multi_grained_focal] expected a clip in (0, 1), got 0");
    CHECK_THROWS_WITH(losses::rarity_weights(zeros({0}), 1), "[rarity_weights] expected counts [C], got shape [0]");
    CHECK_THROWS_WITH(losses::companionship(zeros({3})), "[companionship] expected labels [N, C], got shape [3]");
    CHECK_THROWS_WITH(losses::suggested_labels(zeros({2, 2}), x),
                      "[suggested_labels] expected a companionship [C, C] and labels [N, C], got shapes [2, 2] and [2, 3]");
    CHECK_THROWS_WITH(losses::reflect_labels(x, zeros({3})), "[reflect_labels] expected logits and labels [N, C], got shapes [2, 3] and [3]");
}
