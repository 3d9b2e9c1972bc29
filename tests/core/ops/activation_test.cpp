#include "support/golden_ops.h"
#include "support/numbers.h"

#include <knoll/core/gradcheck.h>
#include <knoll/core/ops/activation.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/ops/reduce.h>

#include <cmath>
#include <numbers>

using namespace knoll;

namespace {

struct Activation {
    std::string name;
    Tensor (*op)(const Tensor&);
    double (*reference)(double);
    int order;  // up to which it is smooth away from 0
};

double reference_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double reference_softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
double reference_gelu(double x) { return 0.5 * x * std::erfc(-x / std::numbers::sqrt2); }
double reference_tanh_gelu(double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x))); }

const std::vector<Activation> activations = {
    {"sigmoid", sigmoid, reference_sigmoid, 3},
    {"log_sigmoid", log_sigmoid, [](double x) { return -reference_softplus(-x); }, 3},
    {"softplus", softplus, reference_softplus, 3},
    {"relu", relu, [](double x) { return std::max(x, 0.0); }, 2},
    {"leaky_relu", [](const Tensor& a) { return leaky_relu(a, 0.2); }, [](double x) { return x > 0 ? x : 0.2 * x; }, 2},
    {"gelu", [](const Tensor& a) { return gelu(a); }, reference_gelu, 3},
    {"tanh gelu", [](const Tensor& a) { return gelu(a, GeluForm::tanh); }, reference_tanh_gelu, 3},
    {"silu", silu, [](double x) { return x * reference_sigmoid(x); }, 3},
    {"elu", [](const Tensor& a) { return elu(a, 1.3); }, [](double x) { return x > 0 ? x : 1.3 * std::expm1(x); }, 3},
};

// Numbers of both signs, none so near to 0 that a difference would step over a kink.
Tensor away_from_zero(const Shape& shape, Rng& rng, DType dtype = DType::f64) {
    const Tensor x = randn(shape, rng, dtype);
    return x + x / sqrt(square(x)) * 0.05;
}

Tensor slope(const Activation& activation, const Tensor& at) {
    const Tensor x = at.clone().set_requires_grad();
    return grad(sum(activation.op(x)), x);
}

}  // namespace

TEST_CASE("activations agree with their formulas in f32 and f64, at any length") {
    Rng rng{1};
    for (const Activation& activation : activations)
        for (const DType dtype : {DType::f32, DType::f64})
            for (const Shape& shape : {Shape{}, Shape{0}, Shape{7, 3}, Shape{40'001}}) {
                INFO(activation.name << " of " << to_string(dtype) << to_string(shape));
                const Tensor x = 3.0 * randn(shape, rng, dtype);
                auto expected = x.to_vector();
                for (double& value : expected) value = activation.reference(value);
                const double rounding = dtype == DType::f32 ? 1e-6 : 2e-15;
                check_close(activation.op(x), tensor(expected, shape, DType::f64), rounding, rounding);
            }
}

TEST_CASE("gradients of activations hold to the order up to which they are smooth") {
    Rng rng{2};
    for (const Activation& activation : activations) {
        const auto result = gradcheck(activation.op, away_from_zero({3, 4}, rng), {.order = activation.order});
        INFO(activation.name << "\n" << result.report());
        CHECK(result.ok());
    }
}

TEST_CASE("activations and their gradients match what PyTorch recorded") {
    for (const auto& golden : golden_ops("silu")) check_golden(golden, [](const auto& in) { return silu(in[0]); });
    for (const auto& golden : golden_ops("relu")) check_golden(golden, [](const auto& in) { return relu(in[0]); });
    for (const auto& golden : golden_ops("log_sigmoid")) check_golden(golden, [](const auto& in) { return log_sigmoid(in[0]); });
    for (const auto& golden : golden_ops("elu"))
        check_golden(golden, [&](const auto& in) { return elu(in[0], golden.options["alpha"].template get<double>()); });
    for (const auto& golden : golden_ops("leaky_relu"))
        check_golden(golden, [&](const auto& in) { return leaky_relu(in[0], golden.options["negative_slope"].template get<double>()); });
    for (const auto& golden : golden_ops("gelu")) {
        const GeluForm form = golden.options["approximate"] == "tanh" ? GeluForm::tanh : GeluForm::exact;
        check_golden(golden, [&](const auto& in) { return gelu(in[0], form); });
    }
    for (const auto& golden : golden_ops("softplus")) {
        // Past its threshold PyTorch leaves out the last 1e-9 of the value and of the slope.
        const double beta = golden.options["beta"].get<double>();
        check_golden(
            golden, [&](const auto& in) { return softplus(beta * in[0]) / beta; }, 1e-10, 5e-9);
    }
}

TEST_CASE("activations and their slopes stay finite and right at extreme inputs") {
    const std::vector<double> extremes = {-1e30, -3e4, -600, -90, 90, 600, 3e4, 1e30};
    for (const Activation& activation : activations)
        for (const DType dtype : {DType::f32, DType::f64}) {
            INFO(activation.name << " of " << to_string(dtype));
            const Tensor x = tensor(extremes, {8}, dtype);
            auto expected = extremes, slopes = extremes;
            for (std::size_t i = 0; i < extremes.size(); ++i) {
                expected[i] = activation.reference(extremes[i]);
                const double step = std::abs(extremes[i]) * 1e-3;
                slopes[i] = (activation.reference(extremes[i] + step) - activation.reference(extremes[i] - step)) / (2 * step);
            }
            check_close(activation.op(x), tensor(expected, {8}, DType::f64), 1e-6, 1e-25);
            check_close(slope(activation, x), tensor(slopes, {8}, DType::f64), 1e-6, 1e-6);
        }
}

TEST_CASE("the slopes of sigmoid and its kin keep their digits in the tails") {
    const Tensor x = tensor({-40.0, 40.0}, DType::f64);
    const double tail = std::exp(-40.0);  // to first order
    check_close(slope(activations[0], x), tensor({tail, tail}, DType::f64), 1e-14, 0);
    check_close(slope(activations[1], x), tensor({1.0, tail}, DType::f64), 1e-14, 0);
    check_close(slope(activations[2], x), tensor({tail, 1.0}, DType::f64), 1e-14, 0);
    check_close(gelu(tensor({-12.0}, DType::f64)), tensor({reference_gelu(-12)}, DType::f64), 1e-13, 0);
}

TEST_CASE("silu and gelu and their slopes have their limits at infinities") {
    const Tensor x = tensor({-infinity, infinity}, DType::f64);
    for (const Activation& activation : activations) {
        if (activation.name != "silu" && activation.name != "gelu" && activation.name != "tanh gelu") continue;
        INFO(activation.name);
        check_close(activation.op(x), tensor({0.0, infinity}, DType::f64), 0, 0);
        check_close(slope(activation, x), tensor({0.0, 1.0}, DType::f64), 0, 0);
    }
}

TEST_CASE("at 0 the slope of relu is 0, of leaky_relu the slope, of elu alpha") {
    const Tensor zero = tensor({0.0}, DType::f64);
    CHECK(slope(activations[3], zero).item() == 0);
    CHECK(slope(activations[4], zero).item() == 0.2);
    CHECK(slope(activations[8], zero).item() == 1.3);
}

TEST_CASE("relu keeps NaN and passes no part of an infinite gradient to negative inputs") {
    const Tensor x = tensor({std::nan(""), -1.0, 2.0}, DType::f64).set_requires_grad();
    const Tensor y = relu(x);
    CHECK(std::isnan(y.at<double>(0)));
    backward(y, {.grad_output = tensor({0.0, infinity, infinity}, DType::f64)});
    CHECK(x.grad().to_vector() == std::vector<double>{0, 0, infinity});
}

TEST_CASE("activations refuse integers by name") {
    CHECK_THROWS_WITH(sigmoid(arange(3)), Catch::StartsWith("[sigmoid] expected f32 or f64, got i64"));
    CHECK_THROWS_WITH(relu(arange(3)), Catch::StartsWith("[relu] expected f32 or f64, got i64"));
    CHECK_THROWS_WITH(leaky_relu(arange(3)), Catch::StartsWith("[leaky_relu] expected f32 or f64, got i64"));
    CHECK_THROWS_WITH(gelu(arange(3)), Catch::StartsWith("[gelu] expected f32 or f64, got i64"));
    CHECK_THROWS_WITH(gelu(arange(3), GeluForm::tanh), Catch::StartsWith("[gelu] expected f32 or f64, got i64"));
    CHECK_THROWS_WITH(silu(arange(3)), Catch::StartsWith("[silu] expected f32 or f64, got i64"));
}
