#include "support/close.h"
#include "support/numbers.h"

#include <knoll/core/gradcheck.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/ops/reduce.h>

#include <cmath>

using namespace knoll;

namespace {

struct Function {
    std::string name;
    Tensor (*op)(const Tensor&);
    double (*reference)(double);
    double low, high;  // where it and its derivatives are of moderate size
};

const std::vector<Function> functions = {
    {"exp", exp, [](double x) { return std::exp(x); }, -2, 2},
    {"log", log, [](double x) { return std::log(x); }, 0.5, 3},
    {"log1p", log1p, [](double x) { return std::log1p(x); }, -0.5, 3},
    {"expm1", expm1, [](double x) { return std::expm1(x); }, -2, 2},
    {"sqrt", sqrt, [](double x) { return std::sqrt(x); }, 0.5, 3},
    {"square", square, [](double x) { return x * x; }, -2, 2},
    {"abs", abs, [](double x) { return std::abs(x); }, 0.1, 2},
    {"sin", sin, [](double x) { return std::sin(x); }, -4, 4},
    {"cos", cos, [](double x) { return std::cos(x); }, -4, 4},
    {"tanh", tanh, [](double x) { return std::tanh(x); }, -2, 2},
    {"pow 1.7", [](const Tensor& a) { return pow(a, 1.7); }, [](double x) { return std::pow(x, 1.7); }, 0.5, 3},
    {"pow -0.5", [](const Tensor& a) { return pow(a, -0.5); }, [](double x) { return std::pow(x, -0.5); }, 0.5, 3},
    {"pow 3", [](const Tensor& a) { return pow(a, 3.0); }, [](double x) { return x * x * x; }, -2, 2},
    {"pow -1", [](const Tensor& a) { return pow(a, -1.0); }, [](double x) { return 1 / x; }, 0.5, 3},
};

Tensor uniform(const Shape& shape, double low, double high, Rng& rng, DType dtype = DType::f64) { return rand(shape, rng, dtype) * (high - low) + low; }

}  // namespace

TEST_CASE("functions of one element agree with the standard library in f32 and f64, at any length") {
    Rng rng{1};
    for (const Function& f : functions)
        for (const DType dtype : {DType::f32, DType::f64})
            for (const Shape& shape : {Shape{}, Shape{0}, Shape{1}, Shape{7, 3}, Shape{40'001}}) {
                INFO(f.name << " of " << to_string(dtype) << to_string(shape));
                const Tensor x = uniform(shape, f.low, f.high, rng, dtype);
                auto expected = x.to_vector();
                for (double& value : expected) value = f.reference(value);
                const Tensor y = f.op(x);
                CHECK(y.dtype() == dtype);
                const double rounding = dtype == DType::f32 ? 3e-7 : 1e-15;
                check_close(y, tensor(expected, shape, DType::f64), rounding, rounding);
            }
}

TEST_CASE("gradients of functions of one element hold to third order") {
    Rng rng{2};
    for (const Function& f : functions) {
        const auto result = gradcheck(f.op, uniform({2, 3}, f.low, f.high, rng), {.order = 3, .allow_zero = false});
        INFO(f.name << "\n" << result.report());
        CHECK(result.ok());
    }
    const auto negative_side = gradcheck([](const Tensor& a) { return abs(a); }, tensor({-1.0, -0.3}, DType::f64), {.order = 1});
    CHECK(negative_side.ok());
}

TEST_CASE("functions of one element refuse integers by name") {
    CHECK_THROWS_AS(exp(arange(3)), DTypeError);
    CHECK_THROWS_WITH(sqrt(arange(3)), "[sqrt] expected f32 or f64, got i64; convert with .to(DType::f32)");
    CHECK_THROWS_WITH(sin(zeros({2}, DType::u8)), Catch::StartsWith("[sin] expected f32 or f64, got u8"));
}

TEST_CASE("functions of one element follow the standard library at infinities, NaN and zero") {
    const Tensor x = tensor({0.0, -1.0, infinity, -infinity, not_a_number}, DType::f64);
    check_close(exp(x), tensor({1.0, std::exp(-1.0), infinity, 0.0, not_a_number}, DType::f64), 1e-15, 0);
    check_close(log(x), tensor({-infinity, not_a_number, infinity, not_a_number, not_a_number}, DType::f64), 1e-15, 0);
    check_close(log1p(x), tensor({0.0, -infinity, infinity, not_a_number, not_a_number}, DType::f64), 1e-15, 0);
    check_close(expm1(x), tensor({0.0, std::expm1(-1.0), infinity, -1.0, not_a_number}, DType::f64), 1e-15, 0);
    check_close(sqrt(x), tensor({0.0, not_a_number, infinity, not_a_number, not_a_number}, DType::f64), 1e-15, 0);
    check_close(sin(x), tensor({0.0, std::sin(-1.0), not_a_number, not_a_number, not_a_number}, DType::f64), 1e-15, 0);
    check_close(cos(x), tensor({1.0, std::cos(-1.0), not_a_number, not_a_number, not_a_number}, DType::f64), 1e-15, 0);
    check_close(tanh(x), tensor({0.0, std::tanh(-1.0), 1.0, -1.0, not_a_number}, DType::f64), 1e-15, 0);
    check_close(abs(x), tensor({0.0, 1.0, infinity, infinity, not_a_number}, DType::f64), 1e-15, 0);
}

TEST_CASE("sine and cosine hold at any size of argument") {
    const std::vector<double> large = {1e3, 99'999.5, 1e6, -1e6, 1.000001e6, 1e9, 1e15, 1e22, -1e100, 1e300};
    for (const DType dtype : {DType::f32, DType::f64}) {
        const Tensor x = tensor(std::span(large).first(dtype == DType::f32 ? 8 : 10), {dtype == DType::f32 ? 8 : 10}, dtype);
        auto sines = x.to_vector(), cosines = sines;
        for (double& value : sines) value = std::sin(value);
        for (double& value : cosines) value = std::cos(value);
        check_close(sin(x), tensor(sines, x.shape(), DType::f64), dtype == DType::f32 ? 1e-7 : 1e-15, 0);
        check_close(cos(x), tensor(cosines, x.shape(), DType::f64), dtype == DType::f32 ? 1e-7 : 1e-15, 0);
    }
}

TEST_CASE("the gradient of abs at 0 is 0") {
    const Tensor x = tensor({-2.0, 0.0, 3.0}, DType::f64).set_requires_grad();
    backward(sum(abs(x)));
    CHECK(x.grad().to_vector() == std::vector<double>{-1, 0, 1});
}

TEST_CASE("the result of an op is not freed under its gradient when the user drops it") {
    const Tensor x = tensor({1.0, 2.0}, DType::f64).set_requires_grad();
    Tensor total = sum(exp(sqrt(x)));
    backward(total);
    check_close(x.grad(), tensor({std::exp(1.0) / 2, std::exp(std::sqrt(2.0)) / (2 * std::sqrt(2.0))}, DType::f64), 1e-14, 0);
}
