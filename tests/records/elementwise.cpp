#include "records/expectations.h"
#include "records/references.h"

#include <knoll/core/ops/ops.h>

#include <cmath>

namespace knoll::records {

namespace {

using UnaryFunction = double (*)(double);

void expect_smooth(Expectations& book) {
    const std::vector<std::pair<const char*, UnaryFunction>> functions{
        {"exp", [](double x) { return std::exp(x); }},
        {"expm1", [](double x) { return std::expm1(x); }},
        {"square", [](double x) { return x * x; }},
        {"sin", [](double x) { return std::sin(x); }},
        {"cos", [](double x) { return std::cos(x); }},
        {"tanh", [](double x) { return std::tanh(x); }},
        {"sigmoid", logistic},
        {"softplus", softplus_of},
        {"log_sigmoid", [](double x) { return -softplus_of(-x); }},
        {"silu", silu_of},
    };
    for (const auto& [name, f] : functions) book.value(name, "", each(f)).also(odd_shapes(apps::normal_input));
    book.value("operator-", "negation", each([](double x) { return -x; })).also(odd_shapes(apps::normal_input));
    book.value("gelu", "exact", each(gelu_of)).also(odd_shapes(apps::normal_input));
    book.value("gelu", "tanh", each(gelu_tanh_of)).also(odd_shapes(apps::normal_input));
    book.value("pow", "exponent 3", each([](double x) { return std::pow(x, 3.0); })).also(odd_shapes(apps::normal_input));
}

void expect_on_positive(Expectations& book) {
    book.value("log", "", each([](double x) { return std::log(x); })).also(odd_shapes(apps::positive_input));
    book.value("log1p", "", each([](double x) { return std::log1p(x); })).also(odd_shapes(apps::positive_input));
    book.value("sqrt", "", each([](double x) { return std::sqrt(x); })).also(odd_shapes(apps::positive_input));
    book.value("pow", "exponent -0.5", each([](double x) { return std::pow(x, -0.5); })).also(odd_shapes(apps::positive_input));
}

void expect_with_kinks(Expectations& book) {
    const auto odd = odd_shapes(apps::nonzero_input);
    book.value("abs", "", each([](double x) { return std::fabs(x); })).also(odd);
    book.value("relu", "", each([](double x) { return x < 0.0 ? 0.0 : x; })).also(odd).may_vanish = true;
    book.value("leaky_relu", "slope 0.2", each([](double x) { return x < 0.0 ? 0.2 * x : x; })).also(odd);
    book.value("elu", "alpha 0.7", each([](double x) { return x < 0.0 ? 0.7 * std::expm1(x) : x; })).also(odd);
    book.value("clamp", "", each([](double x) { return 3.0 * x < -2.0 ? -2.0 : 3.0 * x > 2.5 ? 2.5 : 3.0 * x; })).also(odd).may_vanish = true;
}

void refuse_elements(Expectations& book) {
    using Unary = Tensor (*)(const Tensor&);
    const std::vector<std::pair<const char*, Unary>> floating_only{
        {"exp", exp},
        {"expm1", expm1},
        {"square", square},
        {"sin", sin},
        {"cos", cos},
        {"tanh", tanh},
        {"sigmoid", sigmoid},
        {"log", log},
        {"log1p", log1p},
        {"sqrt", sqrt},
        {"softplus", softplus},
        {"log_sigmoid", log_sigmoid},
        {"silu", silu},
        {"abs", abs},
        {"relu", relu},
        {"leaky_relu", [](const Tensor& a) { return leaky_relu(a, 0.2); }},
        {"gelu", [](const Tensor& a) { return gelu(a); }},
        {"gelu", [](const Tensor& a) { return gelu(a, GeluForm::tanh); }},
        {"elu", [](const Tensor& a) { return elu(a); }},
        {"clamp", [](const Tensor& a) { return clamp(a, 0.0, 1.0); }},
        {"pow", [](const Tensor& a) { return pow(a, 2.0); }},
        {"pow", [](const Tensor& a) { return pow(a, 0.3); }},
    };
    const Tensor integers = apps::index_input({3}, 5), bytes = integers.to(DType::u8);
    for (const auto& [name, f] : floating_only) {
        const std::string expected = std::string("[") + name + "] expected f32 or f64, got ";
        book.refuse(
            name, [f = f, integers] { f(integers); }, expected + "i64; convert with .to(DType::f32)");
        book.refuse(
            name, [f = f, bytes] { f(bytes); }, expected + "u8; convert with .to(DType::f32)");
    }
    const Tensor x = apps::normal_input({3});
    book.refuse(
        "clamp", [x] { clamp(x, 1.0, 0.5); }, "[clamp] expected limits in order, got 1 and 0.5");
    book.refuse(
        "clamp", [x] { clamp(x, std::nan(""), 0.5); }, "[clamp] expected limits in order, got nan and 0.5");
}

}  // namespace

void expect_elementwise(Expectations& book) {
    expect_smooth(book);
    expect_on_positive(book);
    expect_with_kinks(book);
    refuse_elements(book);
}

}  // namespace knoll::records
