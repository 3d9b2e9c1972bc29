#include <knoll/core/formula.h>
#include <knoll/core/gradcheck.h>
#include <knoll/core/ops/ops.h>
#include <knoll/core/parallel.h>
#include "support/close.h"
#include "support/threads.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <variant>

using namespace knoll;
using Catch::Contains;

namespace {

// scale * t * exp(x) + x^2: its derivatives of every order are known.
struct Curve {
    double scale = 0.3;

    template <class Number>
    Number operator()(const Number& x, const Number& t) const {
        return scale * t * exp(x) + x * x;
    }
};

// x to a power, which may be known to the compiler.
struct Square {};
struct PowerCurve {
    double exponent;

    std::variant<double, Square> variants() const { return exponent == 2.0 ? std::variant<double, Square>(Square{}) : exponent; }

    template <class Number>
    Number operator()(const Number& x, const Number&, double known) const {
        return pow(x, known);
    }
    template <class Number>
    Number operator()(const Number& x, const Number&, Square) const {
        return x * x;
    }
};

const FormulaOptions sums{.reduction = Reduction::sum};
const FormulaOptions elements{.reduction = Reduction::none};

Tensor curve(const Tensor& x, const Tensor& t, const FormulaOptions& options) { return apply_formula("curve", Curve{}, x, t, options); }

struct CurveInputs {
    Tensor x;
    Tensor t;
};

CurveInputs curve_inputs(const Shape& shape, DType dtype = DType::f64) {
    Rng rng{3};
    Tensor x = randn(shape, rng, dtype);
    return {x, randn(shape, rng, dtype)};
}

std::string message(const Tensor& x, const Tensor& t, const FormulaOptions& options = {}) {
    try {
        curve(x, t, options);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("a formula's value, reduced or not, is that of the same formula in tensor ops") {
    for (const Shape& shape : {Shape{1}, Shape{7, 3}, Shape{1025}, Shape{}, Shape{3, 1, 16385}}) {
        const auto [x, t] = curve_inputs(shape);
        const Tensor expected = 0.3 * t * exp(x) + x * x;
        check_close(curve(x, t, elements), expected, 1e-13, 1e-14);
        check_close(curve(x, t, sums), sum(expected), 1e-12, 1e-12);
        check_close(curve(x, t, {}), mean(expected), 1e-12, 1e-13);
    }
}

TEST_CASE("four derivatives of a formula are those of the textbook, and a fifth is refused") {
    auto [x, t] = curve_inputs({5, 3});
    x.set_requires_grad();
    const Tensor exponential = (0.3 * t * exp(x)).detach();
    const Reduction reduction = GENERATE(Reduction::none, Reduction::mean, Reduction::sum);
    const double factor = reduction == Reduction::mean ? 1.0 / 15 : 1.0;

    Tensor value = curve(x, t, {.reduction = reduction});
    if (reduction == Reduction::none) value = sum(value);
    const Tensor first = grad(value, x, {.create_graph = true});
    check_close(first, factor * (exponential + 2.0 * x.detach()), 1e-13, 1e-14);
    const Tensor second = grad(sum(first), x, {.create_graph = true});
    check_close(second, factor * (exponential + 2.0), 1e-13, 1e-14);
    const Tensor third = grad(sum(second), x, {.create_graph = true});
    check_close(third, factor * exponential, 1e-13, 1e-14);
    const Tensor fourth = grad(sum(third), x, {.create_graph = true});
    check_close(fourth, factor * exponential, 1e-13, 1e-14);
    CHECK_THROWS_WITH(grad(sum(fourth), x),
                      "[curve] expected at most 4 differentiations of a formula, got one more; write the loss in tensor ops for derivatives of any order");
}

TEST_CASE("the gradient of a formula meets upstream gradients of every kind") {
    auto [x, t] = curve_inputs({4, 2});
    x.set_requires_grad();
    const Tensor slope = (0.3 * t * exp(x) + 2.0 * x).detach();
    check_close(grad(3.0 * curve(x, t, sums), x), 3.0 * slope, 1e-13, 1e-14);
    check_close(grad(curve(x, t, elements), x, {.grad_outputs = {t}}), t * slope, 1e-13, 1e-14);

    const Tensor value = curve(x, t, sums);
    check_close(grad(value, x, {.retain_graph = true}), slope, 1e-13, 1e-14);
    check_close(grad(value, x), slope, 1e-13, 1e-14);
}

TEST_CASE("a formula passes gradcheck to third order") {
    const auto [x, t] = curve_inputs({3, 2});
    const auto loss = [t = t](const Tensor& v) { return curve(v, t, {}); };
    CHECK(gradcheck(loss, x, {.order = 3}).ok());
    const auto each = [t = t](const Tensor& v) { return curve(v, t, elements); };
    CHECK(gradcheck(each, x, {.order = 3}).ok());
}

TEST_CASE("a formula with variants is compiled for each, and called with the one that holds") {
    const Tensor x = tensor({0.5, 2.0, 3.0}, DType::f64).set_requires_grad();
    for (const double exponent : {2.0, 2.5}) {
        const Tensor value = apply_formula("power", PowerCurve{exponent}, x, zeros_like(x), sums);
        check_close(value, sum(pow(x, exponent)), 1e-13, 0);
        check_close(grad(value, x), exponent * pow(x, exponent - 1).detach(), 1e-13, 0);
    }
}

TEST_CASE("changing a gradient in place leaves the saved derivative alone") {
    auto [x, t] = curve_inputs({4});
    x.set_requires_grad();
    const Tensor value = curve(x, t, sums);
    const Tensor before = grad(value, x, {.retain_graph = true}).clone();
    backward(value, {.retain_graph = true});
    x.grad() *= 2.0;
    check_close(grad(value, x), before, 0, 0);
}

TEST_CASE("the fused pass in f32 agrees with f64 to float accuracy") {
    auto [x, t] = curve_inputs({50, 41});
    Tensor narrow = x.to(DType::f32).set_requires_grad();
    Tensor wide = narrow.detach().to(DType::f64).set_requires_grad();
    const Tensor a = curve(narrow, t.to(DType::f32), sums);
    const Tensor b = curve(wide, t.to(DType::f32), sums);
    CHECK(a.dtype() == DType::f32);
    CHECK(a.item() == Approx(b.item()).epsilon(1e-6));
    check_close(grad(a, narrow), grad(b, wide), 2e-6, 1e-6);
}

TEST_CASE("value and gradient of a formula have the same bits at 1, 2 and 3 threads") {
    auto [logits, targets] = curve_inputs({100, 1000}, DType::f32);
    logits.set_requires_grad();
    check_same_bits([x = logits, t = targets] {
        const Tensor value = curve(x, t, {});
        return std::vector<Tensor>{value.detach(), grad(value, x)};
    });
}

TEST_CASE("targets of any type are taken") {
    Tensor x = tensor({0.0, 1.0}, DType::f64);
    const Tensor expected = curve(x, tensor({0.0, 1.0}, DType::f64), elements);
    for (const DType dtype : {DType::u8, DType::i64, DType::f32}) check_close(curve(x, tensor({0.0, 1.0}, dtype), elements), expected, 0, 0);
}

TEST_CASE("a formula refuses what it cannot take, and says where") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const Tensor x = tensor({{0.0, 1.0}, {2.0, 3.0}}, DType::f64);
    CHECK(message(x, tensor({0.0, 1.0})) == "[curve] expected targets of the logits' shape [2, 2], got [2]");
    CHECK(message(empty({0, 2}), empty({0, 2})) == "[curve] expected at least one element, got shape [0, 2]");
    CHECK(message(tensor({{0.0, nan}, {2.0, 3.0}}, DType::f64), x) == "[curve] expected logits that are numbers, got NaN at index [0, 1]");
    CHECK(message(x, tensor({{0.0, 1.0}, {nan, 3.0}}, DType::f64)) == "[curve] expected targets that are numbers, got nan at index [1, 0]");
    CHECK(message(x, x, {.binary_targets = true}) == "[curve] expected targets 0 or 1, got 2 at index [1, 0]");
    CHECK(message(x.to(DType::i64), x) == "[curve] expected logits of f32 or f64, got i64; convert with .to(DType::f32)");
    Tensor wanted = x.clone().set_requires_grad();
    CHECK(message(x, wanted) == "[curve] expected targets that need no gradient, got some that require it; detach() them");
}

TEST_CASE("targets changed in place after the forward pass are noticed by the next derivative") {
    auto [x, t] = curve_inputs({4});
    x.set_requires_grad();
    const Tensor value = curve(x, t, sums);
    t.fill_(0.0);
    CHECK_THROWS_WITH(grad(sum(grad(value, x, {.create_graph = true})), x), Contains("unchanged since the forward pass"));
}

TEST_CASE("without recording, a formula keeps nothing") {
    auto [x, t] = curve_inputs({4});
    x.set_requires_grad();
    NoGrad no_grad;
    CHECK_FALSE(curve(x, t, sums).requires_grad());
}
