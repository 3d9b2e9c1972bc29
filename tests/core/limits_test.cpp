// Every function of one element at 0, at infinities and at huge arguments: value and three derivatives are the mathematical limits in the
// extended reals, not NaN, as a tensor op and as a formula alike, in f32 and f64.
#include "support/close.h"
#include "support/numbers.h"

#include <knoll/core/autograd.h>
#include <knoll/core/formula.h>
#include <knoll/core/ops/activation.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/reduce.h>

#include <functional>
#include <string>
#include <vector>

using namespace knoll;

namespace {

constexpr int orders = 3;

// An argument, and what value and derivatives tend to there from within the domain.
struct Limit {
    double at;
    std::vector<double> derivatives;
};

struct Record {
    std::string name;
    TensorFunction op;
    TensorFunction formula;  // none where formulas have no such function
    std::vector<Limit> limits;
};

template <class F>
struct OneArgument {
    F f;

    template <class Number>
    Number operator()(const Number& x, const Number&) const {
        return f(x);
    }
};

template <class F>
TensorFunction as_formula(const F& f) {
    const FormulaPtr compiled = compile_formula("limits", OneArgument<F>{f});
    return [compiled](const Tensor& x) { return apply_formula(compiled, x, zeros_like(x), {.reduction = Reduction::none}); };
}

// The value and its derivatives by x, each the gradient of the sum of the one before.
std::vector<Tensor> derivatives(const TensorFunction& f, const Tensor& at) {
    const Tensor x = at.clone().set_requires_grad();
    std::vector<Tensor> found{f(x)};
    for (int order = 1; order <= orders; ++order) {
        const Tensor& last = found.back();
        const Tensor next = last.requires_grad() ? grad(sum(last), x, {.create_graph = true, .allow_unused = true}) : Tensor{};
        found.push_back(next.defined() ? next : zeros_like(x));
    }
    return found;
}

const double e_max = 1e3;  // whose exponential overflows either type

template <class F>
Record both(const std::string& name, const F& f, const std::vector<Limit>& limits) {
    return {name, f, as_formula(f), limits};
}

const std::vector<Record>& records() {
    static const std::vector<Record> all = {
        both("exp", [](const auto& x) { return exp(x); },
             {{-infinity, {0, 0, 0, 0}},
              {infinity, {infinity, infinity, infinity, infinity}},
              {e_max, {infinity, infinity, infinity, infinity}},
              {-e_max, {0, 0, 0, 0}}}),
        both("expm1", [](const auto& x) { return expm1(x); },
             {{-infinity, {-1, 0, 0, 0}}, {infinity, {infinity, infinity, infinity, infinity}}, {e_max, {infinity, infinity, infinity, infinity}}}),
        both("log", [](const auto& x) { return log(x); }, {{0, {-infinity, infinity, -infinity, infinity}}, {infinity, {infinity, 0, 0, 0}}}),
        both("log1p", [](const auto& x) { return log1p(x); }, {{-1, {-infinity, infinity, -infinity, infinity}}, {infinity, {infinity, 0, 0, 0}}}),
        both("sqrt", [](const auto& x) { return sqrt(x); }, {{0, {0, infinity, -infinity, infinity}}, {infinity, {infinity, 0, 0, 0}}}),
        both("square", [](const auto& x) { return square(x); },
             {{0, {0, 0, 2, 0}}, {infinity, {infinity, infinity, 2, 0}}, {-infinity, {infinity, -infinity, 2, 0}}}),
        both("pow 0", [](const auto& x) { return pow(x, 0.0); }, {{0, {1, 0, 0, 0}}, {infinity, {1, 0, 0, 0}}}),
        both("pow 0.5", [](const auto& x) { return pow(x, 0.5); }, {{0, {0, infinity, -infinity, infinity}}, {infinity, {infinity, 0, 0, 0}}}),
        both("pow 1", [](const auto& x) { return pow(x, 1.0); }, {{0, {0, 1, 0, 0}}, {infinity, {infinity, 1, 0, 0}}, {-infinity, {-infinity, 1, 0, 0}}}),
        both("pow 1.5", [](const auto& x) { return pow(x, 1.5); }, {{0, {0, 0, infinity, -infinity}}, {infinity, {infinity, infinity, 0, 0}}}),
        both("pow 2", [](const auto& x) { return pow(x, 2.0); },
             {{0, {0, 0, 2, 0}}, {infinity, {infinity, infinity, 2, 0}}, {-infinity, {infinity, -infinity, 2, 0}}}),
        both("pow 3", [](const auto& x) { return pow(x, 3.0); },
             {{0, {0, 0, 0, 6}}, {infinity, {infinity, infinity, infinity, 6}}, {-infinity, {-infinity, infinity, -infinity, 6}}}),
        both("pow -1", [](const auto& x) { return pow(x, -1.0); },
             {{0, {infinity, -infinity, infinity, -infinity}}, {infinity, {0, 0, 0, 0}}, {-infinity, {0, 0, 0, 0}}}),
        both("1 / x", [](const auto& x) { return 1.0 / x; },
             {{0, {infinity, -infinity, infinity, -infinity}}, {infinity, {0, 0, 0, 0}}, {-infinity, {0, 0, 0, 0}}}),
        both("abs", [](const auto& x) { return abs(x); }, {{0, {0, 0, 0, 0}}, {infinity, {infinity, 1, 0, 0}}, {-infinity, {infinity, -1, 0, 0}}}),
        both("tanh", [](const auto& x) { return tanh(x); },
             {{infinity, {1, 0, 0, 0}}, {-infinity, {-1, 0, 0, 0}}, {1e30, {1, 0, 0, 0}}, {-1e30, {-1, 0, 0, 0}}}),
        both("sigmoid", [](const auto& x) { return sigmoid(x); },
             {{infinity, {1, 0, 0, 0}}, {-infinity, {0, 0, 0, 0}}, {1e30, {1, 0, 0, 0}}, {-1e30, {0, 0, 0, 0}}}),
        both("log_sigmoid", [](const auto& x) { return log_sigmoid(x); },
             {{infinity, {0, 0, 0, 0}}, {-infinity, {-infinity, 1, 0, 0}}, {1e30, {0, 0, 0, 0}}, {-1e30, {-1e30, 1, 0, 0}}}),
        both("softplus", [](const auto& x) { return softplus(x); },
             {{infinity, {infinity, 1, 0, 0}}, {-infinity, {0, 0, 0, 0}}, {1e30, {1e30, 1, 0, 0}}, {-1e30, {0, 0, 0, 0}}}),
        both("relu", [](const auto& x) { return relu(x); }, {{0, {0, 0, 0, 0}}, {infinity, {infinity, 1, 0, 0}}, {-infinity, {0, 0, 0, 0}}}),
        both("clamp", [](const auto& x) { return clamp(x, -1.0, 1.0); }, {{infinity, {1, 0, 0, 0}}, {-infinity, {-1, 0, 0, 0}}}),
        {"leaky_relu", [](const Tensor& x) { return leaky_relu(x, 0.25); }, {}, {{infinity, {infinity, 1, 0, 0}}, {-infinity, {-infinity, 0.25, 0, 0}}}},
        {"elu", [](const Tensor& x) { return elu(x, 1.5); }, {}, {{infinity, {infinity, 1, 0, 0}}, {-infinity, {-1.5, 0, 0, 0}}, {e_max, {e_max, 1, 0, 0}}}},
        {"silu", silu, {}, {{infinity, {infinity, 1, 0, 0}}, {-infinity, {0, 0, 0, 0}}, {1e30, {1e30, 1, 0, 0}}, {-1e30, {0, 0, 0, 0}}}},
        {"gelu",
         [](const Tensor& x) { return gelu(x); },
         {},
         {{infinity, {infinity, 1, 0, 0}}, {-infinity, {0, 0, 0, 0}}, {1e30, {1e30, 1, 0, 0}}, {-1e30, {0, 0, 0, 0}}}},
        {"tanh gelu",
         [](const Tensor& x) { return gelu(x, GeluForm::tanh); },
         {},
         {{infinity, {infinity, 1, 0, 0}}, {-infinity, {0, 0, 0, 0}}, {1e30, {1e30, 1, 0, 0}}, {-1e30, {0, 0, 0, 0}}}},
        {"x to the power of a tensor of 2",
         [](const Tensor& x) { return pow(x, full(x.shape(), 2.0, x.dtype())); },
         {},
         {{0, {0, 0, 2, 0}}, {infinity, {infinity, infinity, 2, 0}}}},
        {"x to the power of a tensor of 0.5",
         [](const Tensor& x) { return pow(x, full(x.shape(), 0.5, x.dtype())); },
         {},
         {{0, {0, infinity, -infinity, infinity}}, {infinity, {infinity, 0, 0, 0}}}},
        {"2 to the power of x",
         [](const Tensor& x) { return pow(full(x.shape(), 2.0, x.dtype()), x); },
         {},
         {{-infinity, {0, 0, 0, 0}}, {infinity, {infinity, infinity, infinity, infinity}}}},
        {"0 to the power of x", [](const Tensor& x) { return pow(zeros_like(x), x); }, {}, {{2, {0, 0, 0, 0}}}},
        {"infinity to the power of x", [](const Tensor& x) { return pow(full(x.shape(), infinity, x.dtype()), x); }, {}, {{-2, {0, 0, 0, 0}}}},
    };
    return all;
}

void check_limits(const std::string& name, const TensorFunction& f, const std::vector<Limit>& limits, DType dtype) {
    std::vector<double> points;
    for (const Limit& limit : limits) points.push_back(limit.at);
    const std::vector<Tensor> found = derivatives(f, tensor(points, {static_cast<std::int64_t>(points.size())}, dtype));
    for (std::size_t order = 0; order < found.size(); ++order)
        for (std::size_t i = 0; i < limits.size(); ++i) {
            INFO(name << " of " << dtype << " at " << limits[i].at << ", derivative " << order);
            check_close(scalar(found[order].to_vector()[i], DType::f64), scalar(limits[i].derivatives[order], DType::f64), 1e-6, 0);
        }
}

}  // namespace

TEST_CASE("value and three derivatives of every op of one element are the limits at 0, infinity and huge arguments") {
    for (const Record& record : records())
        for (const DType dtype : {DType::f32, DType::f64}) check_limits(record.name, record.op, record.limits, dtype);
}

TEST_CASE("value and three derivatives of every function of a formula are the limits that the op has") {
    for (const Record& record : records())
        for (const DType dtype : {DType::f32, DType::f64})
            if (record.formula) check_limits("formula " + record.name, record.formula, record.limits, dtype);
}

namespace {

// Functions of a target of 0, whose own slope would be infinite.
struct OfConstants {
    template <class Number>
    Number operator()(const Number& x, const Number& t) const {
        return square(x - sqrt(t)) + pow(t, 0.5) * x + where(t > 0.0, log(t), 0.0 * x) + exp(x) * log1p(t);
    }
};

struct RootWherePositive {
    template <class Number>
    Number operator()(const Number& x, const Number&) const {
        return where(x > 0.0, sqrt(x), 0.0 * x);
    }
};

}  // namespace

TEST_CASE("what does not depend on the logit has no derivative in a formula, even at its singular point") {
    const FormulaPtr formula = compile_formula("of_constants", OfConstants{});
    for (const DType dtype : {DType::f32, DType::f64})
        check_limits(
            "constants", [&](const Tensor& x) { return apply_formula(formula, x, zeros_like(x), {.reduction = Reduction::none}); }, {{3, {9, 6, 2, 0}}}, dtype);
}

TEST_CASE("where in a formula keeps the branch that is not taken out of every derivative") {
    const FormulaPtr formula = compile_formula("root_where_positive", RootWherePositive{});
    for (const DType dtype : {DType::f32, DType::f64})
        check_limits(
            "where", [&](const Tensor& x) { return apply_formula(formula, x, zeros_like(x), {.reduction = Reduction::none}); },
            {{0, {0, 0, 0, 0}}, {-1, {0, 0, 0, 0}}, {4, {2, 0.25, -0.03125, 0.01171875}}}, dtype);
}
