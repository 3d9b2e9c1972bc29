#include <knoll/losses/losses.h>
#include "support/close.h"
#include "support/threads.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace knoll;

namespace {

const std::vector<std::string> smooth = {
    "bce", "wan", "bce_ls", "focal", "focal:gamma=0.5", "asl", "asl:gamma_neg=1.5", "asl:gamma_pos=0", "focal_margin", "hill", "hill:gamma=0", "splc", "mse"};

// Logits away from kinks: those of SPLC (tau = 0.6 at z = 0.405) and ASL (clip = 0.05 at z = -2.94).
struct Batch {
    Tensor logits;
    Tensor targets;
};
Batch batch(DType dtype = DType::f64) {
    return {tensor({{-4.1, -1.3, 0.2}, {0.7, 1.9, 4.3}, {-0.6, 0.1, -2.2}, {3.1, -0.9, 1.2}}, dtype),
            tensor({{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}, {0.0, 1.0, 0.0}, {0.0, 0.0, 1.0}}, dtype)};
}

struct SquaredHinge {
    double margin = 1.0;

    template <class Number>
    Number operator()(const Number& x, const Number& t) const {
        const Number slack = margin - (2.0 * t - 1.0) * x;
        return where(slack > 0.0, slack * slack, 0.0 * slack);
    }
};

// Grows with the epoch and with the number of classes.
struct Growing {
    double factor = 1.0;

    Growing for_batch(const losses::BatchInfo& info) const { return {factor * (1.0 + info.epoch) * static_cast<double>(info.classes)}; }

    template <class Number>
    Number operator()(const Number& x, const Number&) const {
        return factor * x;
    }
};

}  // namespace

TEST_CASE("every smooth elementwise loss passes gradcheck to third order") {
    const std::string spec = GENERATE(from_range(smooth));
    const auto [logits, targets] = batch();
    const auto loss = losses::make(spec);
    const auto result = gradcheck([&, t = targets](const Tensor& x) { return (*loss)(x, t, {.epoch = 1}); }, logits, {.order = 3});
    INFO(spec << ": " << result.report());
    CHECK(result.ok());
}

TEST_CASE("losses with kinks pass gradcheck away from them") {
    const std::string spec = GENERATE("mae", "huber", "hinge");
    const auto [logits, targets] = batch();
    const auto loss = losses::make(spec);
    const auto result = gradcheck([&, t = targets](const Tensor& x) { return (*loss)(x, t); }, logits, {.order = 2, .allow_zero = true});
    INFO(spec << ": " << result.report());
    CHECK(result.ok());
}

TEST_CASE("a detached weight is constant for every order of differentiation") {
    auto [logits, targets] = batch();
    logits.set_requires_grad();
    const Tensor p = sigmoid(logits).detach();
    const Tensor miss = where(targets > 0.5, 1.0 - p, p);
    const Tensor loss = losses::Focal{{.gamma = 2.0, .detach = true}, Reduction::sum}(logits, targets);
    const Tensor first = grad(loss, logits, {.create_graph = true});
    check_close(first.detach(), square(miss) * (p - targets), 1e-12, 1e-13);
    check_close(grad(sum(first), logits), square(miss) * p * (1.0 - p), 1e-12, 1e-13);
}

TEST_CASE("logits of 600 and more give finite, right losses, gradients and second derivatives") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    const std::string spec = GENERATE("bce", "wan", "bce_ls", "focal", "focal:gamma=0.5", "asl", "asl:clip=0", "focal_margin", "hill", "splc", "hinge");
    INFO(spec << " in " << to_string(dtype));
    Tensor logits = tensor({{-600.0, 600.0}, {-600.0, 600.0}, {-3000.0, 3000.0}}, dtype).set_requires_grad();
    const Tensor targets = tensor({{0.0, 0.0}, {1.0, 1.0}, {1.0, 0.0}}, dtype);
    const Tensor loss = (*losses::make(spec, Reduction::none))(logits, targets);
    const Tensor first = grad(sum(loss), logits, {.create_graph = true});
    const Tensor second = grad(sum(first), logits);
    for (const Tensor& t : {loss, first, second})
        for (const double value : t.to_vector()) CHECK(std::isfinite(value));
    for (const double value : second.to_vector()) CHECK(std::abs(value) < 1e-12);
    if (spec == "bce") check_close(loss, tensor({{0.0, 600.0}, {600.0, 0.0}, {3000.0, 3000.0}}, DType::f64), 1e-7, 1e-12);
    if (spec == "hill") check_close(loss, tensor({{0.0, 0.5}, {601.0, 0.0}, {3001.0, 0.5}}, DType::f64), 1e-7, 1e-12);
    if (spec == "asl:clip=0") check_close(first, tensor({{0.0, 1.0}, {-1.0, 0.0}, {-1.0, 1.0}}, DType::f64), 1e-7, 1e-12);
}

TEST_CASE("a small whole power is a product, and agrees with the power through its logarithm to the fourth derivative") {
    for (const double gamma : {0.0, 1.0, 2.0, 3.0, 4.0}) {
        INFO("gamma " << gamma);
        auto [x, t] = batch();
        x.set_requires_grad();
        const FormulaOptions sums{.reduction = Reduction::sum};
        const losses::FocalFormula formula{.gamma = gamma};
        Tensor product = losses::Focal{formula, Reduction::sum}(x, t);
        Tensor general = apply_formula("focal", detail::FormulaVariant<losses::FocalFormula, double>{formula, gamma}, x, t, sums);
        for (int order = 0; order < 4; ++order) {
            check_close(product.detach(), general.detach(), 1e-10, 1e-12);
            product = sum(grad(product, x, {.create_graph = true}));
            general = sum(grad(general, x, {.create_graph = true}));
        }
        check_close(product.detach(), general.detach(), 1e-10, 1e-12);
    }
}

TEST_CASE("four derivatives of losses with whole powers are finite at any logits") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    for (const char* spec : {"focal:gamma=0", "focal:gamma=1", "focal", "focal:gamma=3", "focal:gamma=4", "focal_margin", "hill:gamma=0", "hill", "splc", "asl",
                             "asl:gamma_pos=0", "asl:clip=0"}) {
        INFO(spec);
        Tensor x = tensor({-3000.0, -600.0, -90.0, -1.0, 0.0, 1.0, 90.0, 600.0, 3000.0}, dtype).set_requires_grad();
        for (const double target : {0.0, 1.0}) {
            Tensor at = (*losses::make(spec, Reduction::sum))(x, full({9}, target, dtype), {.epoch = 1});
            for (int order = 1; order <= 4; ++order) {
                const Tensor slope = grad(at, x, {.create_graph = true});
                for (const double value : slope.to_vector()) CHECK(std::isfinite(value));
                at = sum(slope);
            }
        }
    }
}

TEST_CASE("f32 losses and gradients agree with f64 to float accuracy") {
    const std::string spec = GENERATE(from_range(smooth));
    INFO(spec);
    auto [logits, targets] = batch(DType::f32);
    Tensor narrow = logits.set_requires_grad();
    Tensor wide = narrow.detach().to(DType::f64).set_requires_grad();
    const auto loss = losses::make(spec, Reduction::none);
    const Tensor a = (*loss)(narrow, targets, {.epoch = 1});
    const Tensor b = (*loss)(wide, targets, {.epoch = 1});
    check_close(a, b, 2e-6, 1e-7);
    check_close(grad(sum(a), narrow), grad(sum(b), wide), 4e-6, 1e-7);
}

TEST_CASE("a loss and its gradient have the same bits at any number of threads") {
    Rng rng{4};
    Tensor logits = (randn({300, 211}, rng) * 3.0).set_requires_grad();
    const Tensor targets = bernoulli({300, 211}, 0.2, rng);
    for (const char* spec : {"hill", "asl"})
        check_same_bits([&] {
            const Tensor loss = (*losses::make(spec))(logits, targets);
            return std::vector<Tensor>{loss.detach(), grad(loss, logits)};
        });
}

TEST_CASE("a formula of one's own is a loss") {
    const auto [logits, targets] = batch();
    losses::ElementwiseLoss hinge{"squared_hinge", SquaredHinge{.margin = 1.0}, Reduction::mean};
    CHECK(hinge.name() == "squared_hinge");
    CHECK(hinge.formula().margin == 1.0);
    check_close(hinge(logits, targets), mean(square(relu(1.0 - (2.0 * targets - 1.0) * logits))), 1e-14, 0);
    CHECK(gradcheck([&, t = targets](const Tensor& x) { return hinge(x, t); }, logits, {.order = 2}).ok());
}

TEST_CASE("a formula may depend on the epoch and on the number of classes") {
    const auto [logits, targets] = batch();
    const losses::ElementwiseLoss growing{"growing", Growing{2.0}, Reduction::sum};
    check_close(growing(logits, targets, {.epoch = 4}), 2.0 * 5.0 * 3.0 * sum(logits), 1e-14, 0);
}

TEST_CASE("losses are values with options of their own") {
    const losses::Hill hill{{.lambda = 2.0, .margin = 0.5}, Reduction::sum};
    CHECK(hill.name() == "hill");
    CHECK(hill.reduction() == Reduction::sum);
    CHECK(hill.target_kind() == losses::TargetKind::binary);
    const auto [logits, targets] = batch();
    check_close(hill(logits, targets), (*losses::make("hill:lambda=2,margin=0.5", Reduction::sum))(logits, targets), 0, 0);
    CHECK(losses::Hill{}.reduction() == Reduction::mean);
}

TEST_CASE("an elementwise loss refuses bad input and bad options, and says which") {
    const losses::Hill hill;
    const auto [logits, targets] = batch();
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH(hill(logits, tensor({1.0, 0.0})), "[hill] expected targets of the logits' shape [4, 3], got [2]");
    CHECK_THROWS_WITH(hill(tensor({{0.0, nan}}), tensor({{1.0, 0.0}})), "[hill] expected logits that are numbers, got NaN at index [0, 1]");
    CHECK_THROWS_WITH(hill(tensor({{0.0, 1.0}}), tensor({{1.0, 0.5}})), "[hill] expected targets 0 or 1, got 0.5 at index [0, 1]");
    CHECK_THROWS_WITH(hill(empty({0, 3}), empty({0, 3})), "[hill] expected at least one element, got shape [0, 3]");
    CHECK_THROWS_WITH(hill(Tensor{}, targets), "[hill] expected logits and targets, got an undefined tensor");
    CHECK_THROWS_WITH(hill(logits, targets, {.epoch = -1}), "[hill] expected an epoch counted from 0, got -1");
    CHECK_THROWS_WITH(losses::Wan{}(ones({2, 1}), zeros({2, 1})), "[wan] expected at least 2 classes for gamma = 1/(C-1), got 1; give gamma");
    CHECK_THROWS_WITH(losses::Hill{{.gamma = -1}}, "[hill] expected for gamma a number of at least 0, got -1");
    CHECK_THROWS_WITH(losses::Focal{{.gamma = nan}}, "[focal] expected for gamma a number of at least 0, got nan");
    CHECK_THROWS_WITH(losses::Asl{{.clip = 1.5}}, "[asl] expected for clip a number in [0, 1], got 1.5");
    CHECK_THROWS_WITH(losses::Wan{{.gamma = -0.5}}, "[wan] expected for gamma a number of at least 0, got -0.5");
    CHECK_THROWS_WITH(losses::Huber{{.delta = 0}}, "[huber] expected for delta a number above 0, got 0");
    CHECK_THROWS_WITH((losses::FocalMargin{{.margin = std::numeric_limits<double>::infinity()}}),
                      "[focal_margin] expected for margin a finite number, got inf");
}
