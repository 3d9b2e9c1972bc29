#include <knoll/losses/losses.h>
#include "support/close.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace knoll;

namespace {

Tensor logits(DType dtype = DType::f64) { return tensor({{0.3, -1.2, 0.8, 0.1}, {2.0, 0.5, -0.7, 1.1}, {-0.4, 0.9, 0.2, -1.5}}, dtype); }
Tensor classes() { return tensor({2.0, 0.0, 3.0}, DType::i64); }

// softmax of a row, naively.
std::vector<double> softmax_row(const Tensor& z, std::int64_t row) {
    std::vector<double> p;
    double total = 0;
    for (std::int64_t k = 0; k < z.size(1); ++k) {
        p.push_back(std::exp(z.at<double>(row, k)));
        total += p.back();
    }
    for (double& value : p) value /= total;
    return p;
}

// The complement entropy of a row and its gradient by each logit: -P_k (log P_k + H), 0 for the true class.
struct Complement {
    double entropy = 0;
    std::vector<double> gradient;
};
Complement complement(const std::vector<double>& p, std::size_t own) {
    Complement result;
    for (std::size_t k = 0; k < p.size(); ++k)
        if (k != own) result.entropy -= p[k] / (1 - p[own]) * std::log(p[k] / (1 - p[own]));
    for (std::size_t k = 0; k < p.size(); ++k) {
        const double conditional = p[k] / (1 - p[own]);
        result.gradient.push_back(k == own ? 0 : -conditional * (std::log(conditional) + result.entropy));
    }
    return result;
}

template <class ValueOf, class GradientOf>
void check_rows(const losses::Loss& loss, const ValueOf& value_of, const GradientOf& gradient_of) {
    INFO(loss.name());
    Tensor z = logits().set_requires_grad();
    const Tensor got = loss(z, classes());
    const Tensor gradient = grad(sum(got), z);
    for (std::int64_t n = 0; n < 3; ++n) {
        const auto p = softmax_row(z, n);
        const auto own = static_cast<std::size_t>(classes().at<std::int64_t>(n));
        CHECK(got.at<double>(n) == Approx(value_of(p, own)).epsilon(1e-12));
        for (std::int64_t k = 0; k < 4; ++k)
            CHECK(gradient.at<double>(n, k) == Approx(gradient_of(p, own, static_cast<std::size_t>(k))).epsilon(1e-11).margin(1e-13));
    }
}

}  // namespace

TEST_CASE("single-label losses agree with their closed forms") {
    check_rows(
        losses::CrossEntropy{{}, Reduction::none}, [](const auto& p, std::size_t g) { return -std::log(p[g]); },
        [](const auto& p, std::size_t g, std::size_t k) { return p[k] - (k == g); });
    check_rows(
        losses::CrossEntropy{{.smoothing = 0.2}, Reduction::none},
        [](const auto& p, std::size_t g) {
            double total = 0;
            for (std::size_t k = 0; k < 4; ++k) total -= ((k == g ? 0.8 : 0.0) + 0.05) * std::log(p[k]);
            return total;
        },
        [](const auto& p, std::size_t g, std::size_t k) { return p[k] - (k == g ? 0.8 : 0.0) - 0.05; });
    for (const double gamma : {0.0, 0.5, 2.0})
        check_rows(
            losses::SoftmaxFocal{{.gamma = gamma, .alpha = 0.25}, Reduction::none},
            [=](const auto& p, std::size_t g) { return -0.25 * std::pow(1 - p[g], gamma) * std::log(p[g]); },
            [=](const auto& p, std::size_t g, std::size_t k) {
                const double a = std::pow(1 - p[g], gamma) - gamma * p[g] * std::pow(1 - p[g], gamma - 1) * std::log(p[g]);
                return 0.25 * a * (p[k] - (k == g));
            });
    check_rows(
        losses::ComplementEntropy{{}, Reduction::none}, [](const auto& p, std::size_t g) { return complement(p, g).entropy; },
        [](const auto& p, std::size_t g, std::size_t k) { return complement(p, g).gradient[k]; });
    check_rows(
        losses::CotObjective{{}, Reduction::none}, [](const auto& p, std::size_t g) { return -complement(p, g).entropy / 4; },
        [](const auto& p, std::size_t g, std::size_t k) { return -complement(p, g).gradient[k] / 4; });
    check_rows(
        losses::CotObjective{{.divide_by_all = false}, Reduction::none}, [](const auto& p, std::size_t g) { return -complement(p, g).entropy / 3; },
        [](const auto& p, std::size_t g, std::size_t k) { return -complement(p, g).gradient[k] / 3; });
    check_rows(
        losses::Cce{{.gamma = -1.5}, Reduction::none}, [](const auto& p, std::size_t g) { return -std::log(p[g]) - 1.5 * complement(p, g).entropy / 3; },
        [](const auto& p, std::size_t g, std::size_t k) { return p[k] - (k == g) - 1.5 * complement(p, g).gradient[k] / 3; });
    check_rows(
        losses::Cce{{.gamma = 1, .divide_by_all = true}, Reduction::none},
        [](const auto& p, std::size_t g) { return -std::log(p[g]) + complement(p, g).entropy / 4; },
        [](const auto& p, std::size_t g, std::size_t k) { return p[k] - (k == g) + complement(p, g).gradient[k] / 4; });
}

TEST_CASE("losses for wrong labels agree with their closed forms, and symmetric cross-entropy is bounded in its reverse part") {
    check_rows(
        losses::Sce{{.alpha = 0.3, .beta = 2, .log_zero = -4}, Reduction::none},
        [](const auto& p, std::size_t g) { return -0.3 * std::log(p[g]) + 8 * (1 - p[g]); },
        [](const auto& p, std::size_t g, std::size_t k) { return (0.3 + 8 * p[g]) * (p[k] - (k == g)); });
    const auto entropy_of = [](const auto& p) {
        double entropy = 0;
        for (const double q : p) entropy -= q * std::log(q);
        return entropy;
    };
    check_rows(
        losses::Bootstrapping{{.beta = 0.6}, Reduction::none}, [&](const auto& p, std::size_t g) { return -0.6 * std::log(p[g]) + 0.4 * entropy_of(p); },
        [&](const auto& p, std::size_t g, std::size_t k) { return 0.6 * (p[k] - (k == g)) - 0.4 * p[k] * (std::log(p[k]) + entropy_of(p)); });
    const auto best_of = [](const auto& p) { return static_cast<std::size_t>(std::max_element(p.begin(), p.end()) - p.begin()); };
    check_rows(
        losses::Bootstrapping{{.hard = true}, Reduction::none},
        [&](const auto& p, std::size_t g) { return -0.8 * std::log(p[g]) - 0.2 * std::log(p[best_of(p)]); },
        [&](const auto& p, std::size_t g, std::size_t k) { return p[k] - 0.8 * (k == g) - 0.2 * (k == best_of(p)); });

    const Tensor lost = tensor({{-1e4, 1e4}}, DType::f64), own = tensor({0.0}, DType::i64);
    CHECK(losses::Sce{{.alpha = 0}}(lost, own).item() == 6);
    CHECK_THROWS_WITH(losses::make("sce:log_zero=1"), "[sce] expected for log_zero a number of at most 0, got 1");
    CHECK_THROWS_WITH(losses::make("bootstrapping:beta=2"), "[bootstrapping] expected for beta a number in [0, 1], got 2");
}

TEST_CASE("every single-label loss passes gradcheck to third order") {
    const std::string spec = GENERATE("cross_entropy", "cross_entropy:smoothing=0.1", "softmax_focal", "softmax_focal:gamma=0.5", "complement_entropy",
                                      "cot_objective", "cce", "sce", "bootstrapping", "bootstrapping:hard=1");
    const auto loss = losses::make(spec);
    const auto result = gradcheck([&](const Tensor& z) { return (*loss)(z, classes()); }, logits(), {.order = 3});
    INFO(spec << ": " << result.report());
    CHECK(result.ok());
}

TEST_CASE("the complement entropy of three classes with equal wrong ones is log 2, whatever the right one") {
    for (const double own : {-300.0, 0.0, 5.0, 600.0}) {
        const Tensor z = tensor({{own, 1.5, 1.5}}, DType::f64);
        const Tensor g = tensor({0.0}, DType::i64);
        CHECK(losses::ComplementEntropy{}(z, g).item() == Approx(std::log(2.0)));
        CHECK(losses::Cce{}(z, g).item() == Approx(losses::CrossEntropy{}(z, g).item() - std::log(2.0) / 2).margin(1e-14));
    }
}

TEST_CASE("complement cross-entropy prefers even wrong classes") {
    const Tensor g = tensor({0.0}, DType::i64);
    const double peaked = losses::Cce{}(log(tensor({{0.5, 0.4, 0.1}}, DType::f64)), g).item();
    const double flat = losses::Cce{}(log(tensor({{0.5, 0.25, 0.25}}, DType::f64)), g).item();
    CHECK(flat < peaked);
}

TEST_CASE("with two classes the complement entropy is exactly 0 with gradient 0, and complement cross-entropy is cross-entropy") {
    Tensor z = tensor({{0.4, -1.7}, {600.0, -600.0}, {-3.0, 2.0}}, DType::f64).set_requires_grad();
    const Tensor g = tensor({0.0, 1.0, 1.0}, DType::i64);
    const Tensor entropy = losses::ComplementEntropy{{}, Reduction::none}(z, g);
    check_close(entropy, zeros({3}, DType::f64), 0, 0);
    const Tensor first = grad(sum(entropy), z, {.create_graph = true});
    check_close(first, zeros({3, 2}, DType::f64), 0, 0);
    check_close(grad(sum(first), z), zeros({3, 2}, DType::f64), 0, 0);
    check_close(losses::Cce{{}, Reduction::none}(z, g), losses::CrossEntropy{{}, Reduction::none}(z, g), 1e-14, 1e-14);
}

TEST_CASE("single-label losses stay finite and right at logits of 600") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    const std::string spec =
        GENERATE("cross_entropy", "cross_entropy:smoothing=0.1", "softmax_focal", "softmax_focal:gamma=0.5", "complement_entropy", "cot_objective", "cce");
    INFO(spec << " in " << to_string(dtype));
    Tensor z = tensor({{600.0, -600.0, 0.0}, {-600.0, 600.0, 0.0}, {600.0, 600.0, -600.0}}, dtype).set_requires_grad();
    const Tensor g = tensor({0.0, 0.0, 2.0}, DType::i64);
    const Tensor loss = (*losses::make(spec, Reduction::none))(z, g);
    const Tensor first = grad(sum(loss), z, {.create_graph = true});
    const Tensor second = grad(sum(first), z);
    for (const Tensor& t : {loss, first, second})
        for (const double value : t.to_vector()) CHECK(std::isfinite(value));
    if (spec == "cross_entropy") check_close(loss, tensor({0.0, 1200.0, 1200.0 + std::log(2.0)}, DType::f64), 1e-6, 1e-6);
    if (spec == "complement_entropy") check_close(loss, tensor({0.0, 0.0, std::log(2.0)}, DType::f64), 1e-6, 1e-6);
}

TEST_CASE("class weights scale each example by its class, and the mean divides by their sum") {
    const Tensor weights = tensor({0.5, 1.0, 2.0, 4.0});
    const Tensor none = losses::CrossEntropy{{.class_weights = weights}, Reduction::none}(logits(), classes());
    const Tensor plain = losses::CrossEntropy{{}, Reduction::none}(logits(), classes());
    const Tensor own = tensor({2.0, 0.5, 4.0}, DType::f64);
    check_close(none, own * plain, 1e-14, 0);
    check_close(losses::CrossEntropy{{.class_weights = weights}}(logits(), classes()), sum(own * plain) / 6.5, 1e-14, 0);

    // Smoothing spreads over all classes, each weighted.
    const Tensor all = -log_softmax(logits(), 1) * weights.to(DType::f64);
    const Tensor smoothed = losses::CrossEntropy{{.smoothing = 0.1, .class_weights = weights}, Reduction::none}(logits(), classes());
    check_close(smoothed, 0.9 * own * plain + 0.1 * mean(all, 1), 1e-13, 0);
}

TEST_CASE("kl_div is the divergence of a softmax from probabilities, zeros included") {
    const Tensor t = tensor({{0.1, 0.2, 0.3, 0.4}, {1.0, 0.0, 0.0, 0.0}, {0.25, 0.25, 0.25, 0.25}}, DType::f64);
    Tensor z = logits().set_requires_grad();
    const Tensor loss = losses::KlDiv{{}, Reduction::none}(z, t);
    const Tensor gradient = grad(sum(loss), z);
    for (std::int64_t n = 0; n < 3; ++n) {
        const auto p = softmax_row(z, n);
        double expected = 0;
        for (std::int64_t k = 0; k < 4; ++k) {
            const double q = t.at<double>(n, k);
            if (q > 0) expected += q * std::log(q / p[static_cast<std::size_t>(k)]);
            CHECK(gradient.at<double>(n, k) == Approx(p[static_cast<std::size_t>(k)] - q).margin(1e-14));
        }
        CHECK(loss.at<double>(n) == Approx(expected));
    }
    CHECK(losses::KlDiv{}(z, t).item() == Approx(sum(loss).item() / 3));
    const Tensor even = full({3, 4}, 0.25, DType::f64);
    CHECK(losses::KlDiv{{}, Reduction::sum}(log(even), even).item() == Approx(0).margin(1e-12));
    CHECK(gradcheck([&](const Tensor& v) { return losses::KlDiv{}(v, t); }, logits(), {.order = 3}).ok());
}

TEST_CASE("kl_div lets a class of no probability have a logit of -infinity") {
    const double infinity = std::numeric_limits<double>::infinity();
    const Tensor t = tensor({{0.25, 0.0, 0.75}}, DType::f64);
    Tensor z = tensor({{0.0, -infinity, 0.0}}, DType::f64).set_requires_grad();
    const Tensor loss = losses::KlDiv{}(z, t);
    CHECK(loss.item() == Approx(0.25 * std::log(0.5) + 0.75 * std::log(1.5)));
    check_close(grad(loss, z, {.create_graph = true}), tensor({{0.25, 0.0, -0.25}}, DType::f64), 0, 1e-15);
    CHECK_THROWS_WITH(losses::KlDiv{}(tensor({{infinity, 0.0, infinity}}), t), "[kl_div] expected finite logits, got an infinity at index [0, 0]");
}

TEST_CASE("the entropy of infinite logits is refused") {
    const double infinity = std::numeric_limits<double>::infinity();
    const Tensor first = zeros({1}, DType::i64);
    for (const double logit : {infinity, -infinity})
        CHECK_THROWS_WITH(losses::ComplementEntropy{}(tensor({{0.0, logit, logit}}), first),
                          "[complement_entropy] expected finite logits, got an infinity at index [0, 1]");
    CHECK_THROWS_WITH(losses::ComplementEntropy{}(tensor({{std::nan(""), 0.0, 1.0}}), first),
                      "[complement_entropy] expected logits that are numbers, got NaN at index [0, 0]");
}

TEST_CASE("single-label losses refuse bad input and say where it is") {
    const losses::Cce cce;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const Tensor g = classes();
    CHECK_THROWS_WITH(cce(tensor({1.0, 2.0}), g), "[cce] expected logits [N, K], got shape [2]");
    CHECK_THROWS_WITH(cce(empty({0, 4}), empty({0}, DType::i64)), "[cce] expected at least one row of logits, got shape [0, 4]");
    CHECK_THROWS_WITH(cce(zeros({3, 1}), g), "[cce] expected at least 2 classes, got logits of shape [3, 1]; for one logit per label use a binary loss");
    CHECK_THROWS_WITH(cce(zeros({3, 4}, DType::i64), g), "[cce] expected logits of f32 or f64, got i64; convert with .to(DType::f32)");
    CHECK_THROWS_WITH(cce(logits(), tensor({1.0, 2.0, 3.0})), "[cce] expected integer classes as targets, got f32; convert with .to(DType::i64)");
    CHECK_THROWS_WITH(cce(logits(), tensor({1.0, 2.0}, DType::i64)), "[cce] expected targets of shape [3], one class per row of logits [3, 4], got [2]");
    CHECK_THROWS_WITH(cce(logits(), tensor({1.0, 4.0, 0.0}, DType::i64)), "[cce] expected targets in [0, 4), got 4 at index [1]");
    CHECK_THROWS_WITH(cce(logits(), tensor({1.0, 3.0, -1.0}, DType::i64)), "[cce] expected targets in [0, 4), got -1 at index [2]");
    for (const char* spec : {"cross_entropy", "softmax_focal", "complement_entropy", "cce"})
        CHECK_THROWS_WITH((*losses::make(spec))(tensor({{0.0, 1.0, 2.0}, {0.0, 1.0, nan}}), tensor({0.0, 1.0}, DType::i64)),
                          "[" + std::string(spec) + "] expected logits that are numbers, got NaN at index [1, 2]");
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(cce(tensor({{infinity, 0.0, 1.0}}), tensor({1.0}, DType::i64)), "[cce] expected finite logits, got an infinity at index [0, 0]");
    CHECK_THROWS_WITH(losses::KlDiv{}(tensor({{0.0, infinity}}), tensor({{0.5, 0.5}})), "[kl_div] expected finite logits, got an infinity at index [0, 1]");
    CHECK_THROWS_WITH((losses::CrossEntropy{{.smoothing = 0.1}}(tensor({{0.0, 1.0}, {-1.7e308, 1.6e308}}, DType::f64), tensor({1.0, 0.0}, DType::i64))),
                      "[cross_entropy] expected logits whose differences their type can hold, got -1.7e+308 at index [1, 0]");
    CHECK(losses::CrossEntropy{}(tensor({{-infinity, 0.0, 0.0}}), tensor({1.0}, DType::i64)).item() == Approx(std::log(2.0)));
    CHECK_THROWS_WITH((losses::CrossEntropy{{.class_weights = tensor({1.0, 2.0})}}(logits(), g)),
                      "[cross_entropy] expected class weights of shape [4], one per class of the logits, got [2]");
    CHECK_THROWS_WITH((losses::CrossEntropy{{.class_weights = tensor({1.0, -2.0})}}), "[cross_entropy] expected class weights of at least 0, got -2");
    CHECK_THROWS_WITH(losses::CrossEntropy{{.smoothing = 1.5}}, "[cross_entropy] expected for smoothing a number in [0, 1], got 1.5");
    CHECK_THROWS_WITH(losses::KlDiv{}(zeros({1, 2}), tensor({{0.5, -0.5}})), "[kl_div] expected probabilities as targets, got -0.5 at index [0, 1]");
    CHECK_THROWS_WITH(losses::KlDiv{}(zeros({1, 2}), tensor({{0.5, 0.25}})), "[kl_div] expected targets that add up to 1 in every row, got 0.75 in row 0");
}
