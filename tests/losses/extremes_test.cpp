// Every loss at logits where careless arithmetic gives infinity or NaN: values, gradients and second derivatives against formulas in
// long double (reference.h), and f32 against f64.
#include "losses/reference.h"

#include <knoll/core/core.h>
#include <knoll/losses/losses.h>
#include <catch2/catch.hpp>

#include <limits>
#include <optional>

using namespace knoll;

namespace {

// All losses, and some with parameters that take another path.
std::vector<std::string> specifications(bool of_rows) {
    std::vector<std::string> all;
    for (const losses::LossInfo& info : losses::registry())
        if (!info.of_batch) all.push_back(info.name);
    for (const char* more :
         {"focal:gamma=0.5", "focal:detach=1", "focal:detach=1,gamma=0.5", "asl:gamma_neg=1.5", "asl:clip=0", "asl:clip=0,gamma_neg=0.5", "hill:gamma=0.5",
          "gr:q2=0,q3=0", "gr:q2=0.7,q3=0.3,b0=40,w0=-80", "splc:gamma=0.5", "splc:tau=1", "splc:change_epoch=9", "cross_entropy:smoothing=0.1",
          "softmax_focal:gamma=0.5", "softmax_focal:gamma=0", "cce:gamma=1,divide_by_all=1", "bootstrapping:hard=1"})
        all.emplace_back(more);
    std::erase_if(all, [=](const std::string& spec) {
        const losses::TargetKind kind = losses::make(spec)->target_kind();
        if (kind == losses::TargetKind::same_class) return true;  // metric_test.cpp
        return of_rows != (kind == losses::TargetKind::class_index || kind == losses::TargetKind::distribution);
    });
    return all;
}

std::vector<double> extreme_logits(DType dtype) {
    std::vector<double> logits{0, -0.0, 1e-30, 1, 20, 88, 104, 600, 1e4, 3e38};
    if (dtype == DType::f64) logits.insert(logits.end(), {745, 1e300});
    for (std::size_t i = logits.size(); i-- > 2;) logits.push_back(-logits[i]);
    return logits;
}

Tensor vector_of(const std::vector<double>& values) { return tensor(values, Shape{static_cast<std::int64_t>(values.size())}, DType::f64); }

struct Problem {
    Tensor logits, targets;
    std::vector<std::vector<double>> target_rows = {};  // of losses of rows
};

// A row per logit, once as a negative and once as a positive.
Problem element_problem(DType dtype) {
    std::vector<double> logits, targets;
    for (const double z : extreme_logits(dtype))
        for (const double target : {0.0, 1.0}) {
            logits.push_back(z);
            targets.push_back(target);
        }
    const Shape shape{static_cast<std::int64_t>(logits.size() / 2), 2};
    return {tensor(logits, shape, dtype), tensor(targets, shape, dtype)};
}

// All rows of three such logits, with the classes or some distributions in turn.
Problem row_problem(DType dtype, losses::TargetKind kind) {
    const std::vector<std::vector<double>> classes{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, distributions{{1, 0, 0}, {0.25, 0.5, 0.25}, {0, 0.5, 0.5}, {0, 0, 1}};
    const bool of_class = kind == losses::TargetKind::class_index;
    const auto& choices = of_class ? classes : distributions;
    const std::vector<double> some = extreme_logits(dtype);
    std::vector<double> logits, targets;
    Problem problem;
    for (const double a : some)
        for (const double b : some)
            for (const double c : some) {
                logits.insert(logits.end(), {a, b, c});
                const auto& target = choices[problem.target_rows.size() % choices.size()];
                problem.target_rows.push_back(target);
                if (of_class)
                    targets.push_back(static_cast<double>(reference::class_of(target)));
                else
                    targets.insert(targets.end(), target.begin(), target.end());
            }
    const Shape shape{static_cast<std::int64_t>(problem.target_rows.size()), 3};
    problem.logits = tensor(logits, shape, dtype);
    problem.targets = of_class ? vector_of(targets).to(DType::i64) : tensor(targets, shape, dtype);
    return problem;
}

// Along which second derivatives are taken, a number for each column.
Tensor direction_for(const Tensor& logits) {
    return logits.size(1) == 2 ? ones_like(logits) : broadcast_to(tensor({0.75, -0.5, 0.25}, logits.dtype()), logits.shape());
}

struct Results {
    Tensor values, gradient, recorded_gradient, second;
};

// The gradient comes from a pass that is not recorded and from one that is; second derivatives of a row are added up along the direction.
Results evaluate(const std::string& spec, const Problem& problem) {
    const Tensor x = problem.logits.clone().set_requires_grad();
    const Tensor direction = direction_for(x);
    const Tensor loss = (*losses::make(spec, Reduction::none))(x, problem.targets, {.epoch = 1});
    const Tensor fused = grad(sum(loss), x, {.retain_graph = true});
    const Tensor recorded = grad(sum(loss), x, {.create_graph = true});
    const Tensor product = recorded.requires_grad() ? grad(recorded, x, {.grad_outputs = {direction}}) : zeros_like(x);
    return {loss.detach(), fused, recorded.detach(), problem.target_rows.empty() ? product : sum(product * direction, 1)};
}

// The same by a formula in long double.
Results expected_elements(const reference::ElementFormula& formula, const Problem& problem) {
    const auto logits = problem.logits.to_vector(), targets = problem.targets.to_vector();
    std::vector<double> values, gradient, second;
    for (std::size_t i = 0; i < logits.size(); ++i) {
        const reference::Jet jet = formula({logits[i], 1, 0}, targets[i] == 1);
        values.push_back(static_cast<double>(jet.value));
        gradient.push_back(static_cast<double>(jet.first));
        second.push_back(static_cast<double>(jet.second));
    }
    const Shape& shape = problem.logits.shape();
    const Tensor slopes = tensor(gradient, shape, DType::f64);
    return {tensor(values, shape, DType::f64), slopes, slopes, tensor(second, shape, DType::f64)};
}
Results expected_rows(const reference::RowFormula& formula, const Problem& problem) {
    const auto logits = problem.logits.to_vector(), direction = direction_for(problem.logits).to_vector();
    std::vector<double> values, gradient, second;
    for (std::size_t row = 0; row < problem.target_rows.size(); ++row) {
        const auto along = [&](const std::vector<double>& v) {
            reference::Jets z;
            for (std::size_t k = 0; k < 3; ++k) z.push_back({logits[3 * row + k], v[k], 0});
            return formula(z, problem.target_rows[row]);
        };
        const reference::Jet jet = along({direction[0], direction[1], direction[2]});
        values.push_back(static_cast<double>(jet.value));
        second.push_back(static_cast<double>(jet.second));
        for (const std::vector<double>& axis : {std::vector<double>{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}) gradient.push_back(static_cast<double>(along(axis).first));
    }
    const Tensor slopes = tensor(gradient, problem.logits.shape(), DType::f64);
    return {vector_of(values), slopes, slopes, vector_of(second)};
}

// Where a number is beyond the type, or so near to its end that a step on the way there is beyond it, an infinity of its sign will do.
Tensor in_range(const Tensor& expected, const Tensor& got) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const double largest = got.dtype() == DType::f32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
    std::vector<double> numbers = expected.to_vector();
    const std::vector<double> others = got.to_vector();
    for (std::size_t i = 0; i < numbers.size(); ++i)
        if (std::isinf(others[i]) && std::abs(numbers[i]) > largest / 4) numbers[i] = std::copysign(infinity, numbers[i]);
    return tensor(numbers, expected.shape(), DType::f64);
}

void check_results(const Results& got, const Results& expected, const Tensor& logits, double relative, double absolute) {
    const auto check_one = [&](const char* what, const Tensor& a, const Tensor& b) {
        const Closeness closeness = compare(a, in_range(b, a), {.absolute = absolute, .relative = relative});
        const std::int64_t row = closeness.worst < 0 ? 0 : closeness.worst * logits.size(0) / a.numel();
        INFO(what << ": " << closeness.report << "; logits " << select(logits, 0, row));
        CHECK(closeness.ok());
    };
    check_one("value", got.values, expected.values);
    check_one("gradient", got.gradient, expected.gradient);
    check_one("recorded gradient", got.recorded_gradient, expected.recorded_gradient);
    check_one("second derivative", got.second, expected.second);
}

void check_finite(const Results& results) {
    for (const Tensor& tensor : {results.values, results.gradient, results.recorded_gradient, results.second})
        for (const double value : tensor.to_vector())
            if (!std::isfinite(value)) FAIL("got " << value << " in " << tensor);
}

// Losses of elements are right down to the smallest normal numbers, but where the gradient is a difference of numbers that are larger.
// Those of rows add up numbers of the size of 1.
double absolute_accuracy(const std::string& spec, const Problem& problem) {
    const bool narrow = problem.logits.dtype() == DType::f32;
    if (!problem.target_rows.empty()) return narrow ? 1e-7 : 1e-15;
    if (spec.starts_with("hill")) return narrow ? 1e-15 : 1e-24;
    return narrow ? 4e-36 : 1e-305;
}

void check(const std::string& spec, const Problem& problem, const std::optional<Results>& expected) {
    const Tensor& logits = problem.logits;
    const Results got = evaluate(spec, problem);
    const bool narrow = logits.dtype() == DType::f32;
    const double absolute = absolute_accuracy(spec, problem);
    if (expected)
        check_results(got, *expected, logits, narrow ? 1e-5 : 1e-11, absolute);
    else if (!narrow)
        check_finite(got);
    if (narrow) check_results(got, evaluate(spec, {logits.to(DType::f64), problem.targets, problem.target_rows}), logits, 1e-5, absolute);
}

}  // namespace

TEST_CASE("every loss of elements is right at any logits, with its gradient and second derivative") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    const std::string spec = GENERATE(from_range(specifications(false)));
    INFO(spec << " in " << to_string(dtype));
    const Problem problem = element_problem(dtype);
    const auto formulas = reference::element_formulas();
    const auto formula = formulas.find(spec);
    check(spec, problem, formula == formulas.end() ? std::nullopt : std::optional(expected_elements(formula->second, problem)));
}

TEST_CASE("every loss of rows is right at any logits, with its gradient and second derivative") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    const std::string spec = GENERATE(from_range(specifications(true)));
    INFO(spec << " in " << to_string(dtype));
    const Problem problem = row_problem(dtype, losses::make(spec)->target_kind());
    const auto formulas = reference::row_formulas();
    const auto formula = formulas.find(spec);
    check(spec, problem, formula == formulas.end() ? std::nullopt : std::optional(expected_rows(formula->second, problem)));
}
