// Formulas of elements over several blocks and chunks against plain loops: values, sums and means, and derivatives to third order.
#include "support/plain.h"

#include <knoll/core/autograd.h>
#include <knoll/core/formula.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

// t exp(x / 2) + x^3, whose derivatives fit on a line.
struct PlainCurve {
    template <class Number>
    Number operator()(const Number& x, const Number& t) const {
        return t * exp(0.5 * x) + x * x * x;
    }
};

double derivative_of_curve(int order, double x, double t) {
    const double power[] = {x * x * x, 3 * x * x, 6 * x, 6};
    return t * std::exp(x / 2) * std::pow(0.5, order) + power[order];
}

}  // namespace

TEST_CASE("a formula over several blocks and chunks is that of plain loops, reduced or not, to third order", "[chunks]") {
    // Blocks have 1024 elements, chunks 4096.
    for (const std::int64_t count : {1, 1023, 1024, 1025, 4095, 4096, 4097, 12288, 13001})
        for (const DType dtype : {DType::f32, DType::f64})
            for (const Reduction reduction : {Reduction::none, Reduction::mean, Reduction::sum}) {
                CAPTURE(count, to_string(dtype), to_string(reduction));
                const Tensor x = drawn({count}, dtype, 1).set_requires_grad(), t = drawn({count}, dtype, 2) + 1.5;
                const Doubles logits = x.to_vector(), targets = t.to_vector();
                const bool reduced = reduction != Reduction::none;
                const double scale = reduction == Reduction::mean ? 1.0 / static_cast<double>(count) : 1.0;
                Doubles derivatives[4];
                for (int order = 0; order < 4; ++order)
                    for (std::size_t i = 0; i < logits.size(); ++i) derivatives[order].push_back(scale * derivative_of_curve(order, logits[i], targets[i]));
                Doubles value = derivatives[0];
                if (reduced) value = {inner_product(derivatives[0], Doubles(logits.size(), 1.0))};

                const double rounding = dtype == DType::f32 ? 1e-6 : 1e-13;
                const FormulaOptions options{.reduction = reduction};
                const Tensor found = apply_formula("plain_curve", PlainCurve{}, x, t, options);
                check_near("value", found, value, rounding);
                {
                    const NoGrad no_grad;
                    CHECK(apply_formula("plain_curve", PlainCurve{}, x, t, options).to_vector() == found.to_vector());
                }
                // Upstream gradients of their own for every element; the tape's derivatives are scaled by them once.
                const Tensor upstream = reduced ? scalar(1.5, dtype) : drawn({count}, dtype, 3);
                const Doubles g = upstream.to_vector();
                const auto scaled = [&](Doubles values) {
                    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= reduced ? g[0] : g[i];
                    return values;
                };
                const Tensor first = grad(found, x, {.grad_outputs = {upstream}, .create_graph = true});
                check_near("first derivative", first, scaled(derivatives[1]), rounding);
                const Tensor second = grad(sum(first), x, {.create_graph = true});
                check_near("second derivative", second, scaled(derivatives[2]), rounding);
                check_near("third derivative", grad(sum(second), x), scaled(derivatives[3]), rounding);
            }
}

TEST_CASE("a formula refuses a bad number wherever in several chunks it stands", "[chunks]") {
    for (const std::int64_t at : {0, 1023, 1024, 4095, 4096, 9000, 9001}) {
        CAPTURE(at);
        const std::string where = "at index [" + std::to_string(at) + "]";
        Doubles logits = drawn_numbers(9002, 4), targets(9002, 1.0);
        const auto run = [&] { apply_formula("plain_curve", PlainCurve{}, tensor(logits, {9002}), tensor(targets, {9002}), {.binary_targets = true}); };
        targets[static_cast<std::size_t>(at)] = 0.5;
        CHECK_THROWS_WITH(run(), "[plain_curve] expected targets 0 or 1, got 0.5 " + where);
        targets[static_cast<std::size_t>(at)] = 0.0;
        CHECK_NOTHROW(run());
        logits[static_cast<std::size_t>(at)] = std::nan("");
        CHECK_THROWS_WITH(run(), "[plain_curve] expected logits that are numbers, got NaN " + where);
    }
}
