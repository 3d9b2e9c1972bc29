#include <knoll/losses/epr.h>
#include <knoll/losses/role.h>
#include "support/close.h"
#include "support/sample.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;

namespace {

double epr_probability(double z) { return 1 / (1 + std::exp(-z)); }

// Labels of every third element.
Tensor some_labels(const Shape& shape) {
    std::vector<double> values(static_cast<std::size_t>(shape.numel()));
    for (std::size_t i = 0; i < values.size(); i += 3) values[i] = 1;
    return tensor(values, shape, DType::f64);
}

}  // namespace

TEST_CASE("EPR has the closed form of its gradient, with a pull on unobserved labels through the penalty alone") {
    const Shape shape{4, 5};
    const Tensor x = (3.0 * sample(shape)).set_requires_grad();
    const Tensor labels = some_labels(shape);
    double expected_total = 0, data = 0;
    for (const double z : x.to_vector()) expected_total += epr_probability(z);
    std::vector<double> gradient;
    for (std::size_t i = 0; i < 20; ++i) {
        const double z = x.to_vector()[i], p = epr_probability(z), y = labels.to_vector()[i];
        data -= y * std::log(p) / 20;
        gradient.push_back(-y * (1 - p) / 20 + 2 * (expected_total / 4 - 1.5) / 25 * p * (1 - p) / 4);
    }
    const Tensor loss = losses::Epr{{.k = 1.5}}(x, labels);
    CHECK(loss.item() == Approx(data + std::pow(expected_total / 4 - 1.5, 2) / 25));
    check_close(grad(loss, x), tensor(gradient, shape, DType::f64), 1e-12, 1e-15);
    CHECK(losses::Epr({.k = 1.5}, Reduction::sum)(x, labels).item() == Approx(20 * loss.item()));
    check_derivatives(
        3, [&](const Tensor& z) { return losses::Epr{}(z, labels); }, x.detach());
}

TEST_CASE("EPR is at rest where a batch has as many positives as expected, and stays right at extreme logits") {
    const Tensor x = tensor({{1e4, -1e4, -1e4, -1e4}, {1e4, 1e4, 1e4, -1e4}}, DType::f64).set_requires_grad();
    const Tensor labels = tensor({{1.0, 0.0, 0.0, 0.0}, {0.0, 1.0, 0.0, 0.0}}, DType::f64);
    CHECK(losses::Epr{{.k = 2}}(x, labels).item() == 0.0);
    CHECK(losses::Epr{{.k = 4}}(x, labels).item() == 0.25);
    const Tensor wrong = losses::Epr{{.k = 2}}(-x, labels);
    CHECK(wrong.item() == Approx(2e4 / 8));
    check_close(grad(wrong, x), tensor({{0.125, 0.0, 0.0, 0.0}, {0.0, 0.125, 0.0, 0.0}}, DType::f64), 1e-12, 0);
    const Tensor narrow = losses::Epr{{.k = 4}}(x.to(DType::f32), labels.to(DType::f32));
    CHECK(narrow.dtype() == DType::f32);
    CHECK(narrow.item() == 0.25);
}

TEST_CASE("ROLE teaches network and estimates by each other, each held constant in turn") {
    const Shape shape{3, 4};
    const Tensor x = (2.0 * sample(shape)).set_requires_grad(), theta = (1.5 * sample({12})).set_requires_grad();
    const Tensor q = reshape(theta, shape), labels = some_labels(shape);
    const Tensor loss = losses::role_loss(x, q, labels, 1.2);
    const auto gradients = grad({loss}, {x, theta});

    double value = 0;
    std::vector<double> expected;
    const auto half = [&](const std::vector<double>& z, const std::vector<double>& other) {
        double total = 0;
        for (const double one : z) total += epr_probability(one);
        const double excess = (total / 3 - 1.2) / 4;
        value += 0.5 * excess * excess;
        for (std::size_t i = 0; i < 12; ++i) {
            const double p = epr_probability(z[i]), r = epr_probability(other[i]), y = i % 3 == 0 ? 1 : 0;
            value += 0.5 * (-y * std::log(p) - r * std::log(p) - (1 - r) * std::log(1 - p)) / 12;
            expected.push_back(0.5 * (-y * (1 - p) / 12 + (p - r) / 12 + 2 * excess / 4 * p * (1 - p) / 3));
        }
    };
    half(x.to_vector(), q.to_vector());
    half(q.to_vector(), x.to_vector());
    CHECK(loss.item() == Approx(value));
    check_close(concat({reshape(gradients[0], {12}), gradients[1]}), tensor(expected, Shape{24}, DType::f64), 1e-11, 1e-15);
    check_derivatives(
        2, [&](const Tensor& z) { return losses::role_part(z, q, labels, 1.2); }, x.detach());

    const Tensor far = tensor({{1e4, -1e4}}, DType::f64).set_requires_grad(), none = zeros({1, 2});
    const Tensor agreed = losses::role_part(far, far, none, 1);
    CHECK(agreed.item() == 0.0);
    check_close(grad(losses::role_part(far, -far, none, 1), far), tensor({{0.25, -0.25}}, DType::f64), 1e-12, 0);
    CHECK_THROWS_WITH(losses::role_part(far, x, none, 1), "[role] expected logits, estimates and labels of one shape, got [1, 2], [3, 4] and [1, 2]");
}

TEST_CASE("estimates begin sure of what was observed and undecided about the rest") {
    const Tensor labels = (sample({200, 10}) > 0.8).to(DType::f32);
    const Tensor estimates = losses::initial_estimates(labels, Rng{5});
    const std::vector<double> start = sigmoid(estimates).to_vector(), known = labels.to_vector();
    double least = 1, most = 0;
    for (std::size_t i = 0; i < known.size(); ++i) {
        if (known[i] == 1) {
            CHECK(start[i] == Approx(0.995));
            continue;
        }
        least = std::min(least, start[i]);
        most = std::max(most, start[i]);
    }
    CHECK(least == Approx(0.4).margin(0.002));
    CHECK(most == Approx(0.6).margin(0.002));
    check_close(losses::initial_estimates(labels, Rng{5}), estimates, 0, 0);
}
