// Matchers for tests with Catch2, version 2 or 3. For test programs alone: <knoll/knoll.h> does not include it.
//
//     CHECK_THAT(f, HasRightGradients({a, b}, {.order = 2}));
//     CHECK_THAT(y, IsCloseTo(expected, {.relative = 1e-5}));
#pragma once

#include <knoll/core/closeness.h>
#include <knoll/core/error.h>
#include <knoll/core/gradcheck.h>

#if __has_include(<catch2/matchers/catch_matchers.hpp>)
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace knoll::testing {

/// A function, lambda or std::function whose gradients can be checked.
template <class F>
concept TensorsCallable = std::is_invocable_r_v < Tensor,
        const F&, const std::vector<Tensor>
& > || std::is_invocable_r_v<Tensor, const F&, const Tensor&>;

}  // namespace knoll::testing

namespace Catch {

/// How a failed check names it: Catch2 itself would print the address of a function as 1.
template <knoll::testing::TensorsCallable F>
struct StringMaker<F> {
    static std::string convert(const F&) { return "the function"; }
};
template <class F>
requires knoll::testing::TensorsCallable<F*>
struct StringMaker<F*> {
    static std::string convert(const F*) { return "the function"; }
};

}  // namespace Catch

namespace knoll::testing {

#if __has_include(<catch2/matchers/catch_matchers.hpp>)
template <class T>
using MatcherBase = Catch::Matchers::MatcherBase<T>;
#else
template <class T>
using MatcherBase = Catch::Matchers::Impl::MatcherBase<T>;
#endif

/// Matches functions of the inputs, f64, whose derivatives agree with central differences: Tensor(const std::vector<Tensor>&), or of one
/// input Tensor(const Tensor&).
class HasRightGradients : public MatcherBase<TensorsFunction> {
public:
    explicit HasRightGradients(std::vector<Tensor> inputs, GradcheckOptions options = {}) : inputs_(std::move(inputs)), options_(std::move(options)) {}
    explicit HasRightGradients(const Tensor& input, GradcheckOptions options = {}) : HasRightGradients(std::vector<Tensor>{input}, std::move(options)) {}

    bool match(const TensorsFunction& f) const override {
        const GradcheckResult result = gradcheck(f, inputs_, options_);
        report_ = result.report();
        return result.ok();
    }
    bool match(const TensorFunction& f) const {
        require<ValueError>(inputs_.size() == 1, "[HasRightGradients] expected one input for a function of one tensor, got ", inputs_.size());
        return match(TensorsFunction([&](const std::vector<Tensor>& inputs) { return f(inputs[0]); }));
    }

protected:
    std::string describe() const override { return text("has right gradients to order ", options_.order, "\n", report_); }

private:
    std::vector<Tensor> inputs_;
    GradcheckOptions options_;
    mutable std::string report_;
};

/// Matches tensors of the expected one's shape and nearly its values.
class IsCloseTo : public MatcherBase<Tensor> {
public:
    explicit IsCloseTo(Tensor expected, const Tolerance& tolerance = {}) : expected_(std::move(expected)), tolerance_(tolerance) {}

    bool match(const Tensor& actual) const override {
        const Closeness closeness = compare(actual, expected_, tolerance_);
        report_ = closeness.report;
        return closeness.ok();
    }

protected:
    std::string describe() const override {
        return text("is close to the expected tensor, within ", tolerance_.absolute, " + ", tolerance_.relative, " * |expected|\n", report_);
    }

private:
    Tensor expected_;
    Tolerance tolerance_;
    mutable std::string report_;
};

}  // namespace knoll::testing
