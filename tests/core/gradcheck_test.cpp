#include <knoll/core/gradcheck.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/matmul.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>

#include "support/sample.h"

#include <algorithm>
#include <limits>

using namespace knoll;
using Catch::Contains;
using Tensors = std::vector<Tensor>;
using Backward = std::function<Tensors(const Tensors&, const Tensor&)>;

namespace {

// x^3 under a gradient of the test's choice.
TensorFunction cube_with(const Backward& backward) {
    return [backward](const Tensor& x) {
        return custom_op(
            "cube", {x}, [](const Tensors& in) { return in[0] * in[0] * in[0]; }, backward);
    };
}

Tensors right(const Tensors& in, const Tensor& g) { return {g * 3.0 * in[0] * in[0]}; }

// All of a tensor as it is, except one element, which is scaled.
Tensor spoilt(const Tensor& tensor, std::size_t element, double factor) {
    std::vector<double> values(static_cast<std::size_t>(tensor.numel()), 1.0);
    values[element] = factor;
    return tensor * knoll::tensor(values, tensor.shape(), DType::f64);
}

}  // namespace

TEST_CASE("a report calls the function by the name that it is given") {
    const auto wrong = [](const Tensors& in, const Tensor& g) { return Tensors{2.0 * right(in, g)[0]}; };
    const auto composed = [&](const Tensor& x) { return reshape(cube_with(wrong)(x), {2}); };
    CHECK_THAT(gradcheck(composed, sample({1, 2})).report(), Contains("[reshape] order 1"));
    CHECK_THAT(gradcheck(composed, sample({1, 2}), {.name = "cubes"}).report(), Contains("[cubes] order 1") && !Contains("reshape"));
}

TEST_CASE("right gradients pass to third order, every entry compared") {
    const GradcheckResult first = gradcheck(cube_with(right), sample({2, 3}));
    CHECK(first.ok());
    CHECK(first.compared() == 42);  // 36 entries of the Jacobian, 6 of a random projection
    const GradcheckResult third = gradcheck(cube_with(right), sample({2, 3}), {.order = 3});
    INFO(third.report());
    CHECK(third.ok());
    CHECK(third.worst() < 0.1);
    CHECK(third.compared() > first.compared());
    CHECK_THAT(third.report(), Contains("derivatives agree with central differences"));
}

TEST_CASE("a wrong gradient is reported with op, order, input, element and both numbers") {
    const auto wrong = [](const Tensors& in, const Tensor& g) { return Tensors{spoilt(right(in, g)[0], 4, 1.01)}; };
    const Tensor x = sample({2, 3});
    const GradcheckResult result = gradcheck(cube_with(wrong), x, {.order = 2});
    REQUIRE(result.failures().size() == 1);
    const GradcheckFailure& failure = result.failures()[0];
    const double exact = 3.0 * x.at<double>(1, 1) * x.at<double>(1, 1);
    CHECK(failure.op == "cube");
    CHECK(failure.order == 1);
    CHECK(failure.input == 0);
    CHECK(failure.element == 4);
    CHECK(failure.output == 4);
    CHECK(failure.analytic == Approx(1.01 * exact).epsilon(1e-12));
    CHECK(failure.numeric == Approx(exact).epsilon(1e-8));
    CHECK_THAT(result.report(), Contains("[cube] order 1") && Contains("derivative of element [1, 1] of the output by element [1, 1] of input 0") &&
                                    Contains(text(failure.analytic)) && Contains(text(failure.numeric)));
}

TEST_CASE("a wrong gradient in one of very many elements is found by random directions") {
    const auto wrong = [](const Tensors& in, const Tensor& g) { return Tensors{spoilt(right(in, g)[0], 777, 1.5)}; };
    const Tensor x = sample({50, 60}) + 2.0;
    CHECK(gradcheck(cube_with(right), x).ok());
    const GradcheckResult result = gradcheck(cube_with(wrong), x);
    REQUIRE_FALSE(result.ok());
    CHECK(result.failures()[0].element == 777);
    CHECK(result.failures()[0].output == -1);
    CHECK_THAT(result.report(), Contains("random projection of the output by element [12, 57] of input 0"));
}

TEST_CASE("the wrong one of several inputs is named") {
    const TensorsFunction f = [](const Tensors& in) {
        return custom_op(
            "product", in, [](const Tensors& v) { return v[0] * v[1]; },
            [](const Tensors& v, const Tensor& g) {
                return Tensors{g * v[1], g * v[0] * 1.1};
            });
    };
    const GradcheckResult result = gradcheck(f, {sample({2}), sample({2})});
    REQUIRE_FALSE(result.ok());
    for (const GradcheckFailure& failure : result.failures()) CHECK(failure.input == 1);
    CHECK_THAT(result.report(), Contains("of input 1"));
}

TEST_CASE("a gradient that is right but whose own gradient is wrong is caught at order 2") {
    const auto detached = [](const Tensors& in, const Tensor& g) { return Tensors{g * 3.0 * in[0].detach() * in[0]}; };
    CHECK(gradcheck(cube_with(detached), sample({3})).ok());
    const GradcheckResult result = gradcheck(cube_with(detached), sample({3}), {.order = 2});
    REQUIRE_FALSE(result.ok());
    CHECK(result.failures()[0].order == 2);
    CHECK_THAT(result.report(), Contains("[cube] order 2") && Contains("derivative of element [0] of the gradient by input 0 by element [0] of input 0"));
}

TEST_CASE("a second gradient that is wrong is caught at order 3") {
    const auto wrong = [](const Tensors& in, const Tensor& g) {
        const Tensor slope = custom_op(
            "slope", in, [](const Tensors& v) { return 3.0 * v[0] * v[0]; },
            [](const Tensors& v, const Tensor& h) { return Tensors{h * 6.0 * v[0].detach()}; });
        return Tensors{g * slope};
    };
    CHECK(gradcheck(cube_with(wrong), sample({3}), {.order = 2}).ok());
    const GradcheckResult result = gradcheck(cube_with(wrong), sample({3}), {.order = 3});
    REQUIRE_FALSE(result.ok());
    CHECK(result.failures()[0].order == 3);
}

TEST_CASE("a gradient that loses the upstream's graph is caught at order 2, as a derivative by the upstream") {
    const auto lossy = [](const Tensors& in, const Tensor& g) { return Tensors{g.detach() * 3.0 * in[0] * in[0]}; };
    const GradcheckResult result = gradcheck(cube_with(lossy), sample({3}), {.order = 2});
    REQUIRE_FALSE(result.ok());
    CHECK_THAT(result.report(), Contains("of upstream 1"));
    CHECK(result.failures()[0].input == 1);
}

TEST_CASE("a gradient that is not linear in its upstream is caught") {
    const auto squared = [](const Tensors& in, const Tensor& g) { return Tensors{g * g * 3.0 * in[0] * in[0]}; };
    CHECK_FALSE(gradcheck(cube_with(squared), sample({3})).ok());
}

TEST_CASE("a gradient that is zero everywhere is a failure unless it is allowed") {
    const TensorFunction stopped = [](const Tensor& x) { return x.detach() * 2.0; };
    CHECK_THAT(gradcheck(stopped, sample({3})).report(), Contains("not zero everywhere") && Contains("allow_zero"));
    // Differences of a stopped function are not zero: allow_zero does not excuse that.
    CHECK_FALSE(gradcheck(stopped, sample({3}), {.allow_zero = true}).ok());
    const TensorFunction flat = [](const Tensor& x) { return x * 0.0; };
    CHECK_FALSE(gradcheck(flat, sample({3})).ok());
    CHECK(gradcheck(flat, sample({3}), {.order = 3, .allow_zero = true}).ok());
}

TEST_CASE("an input that the function ignores is a failure that names it") {
    const TensorsFunction f = [](const Tensors& in) { return in[0] * in[0]; };
    const GradcheckResult result = gradcheck(f, {sample({2}), sample({2})});
    REQUIRE(result.failures().size() == 1);
    CHECK(result.failures()[0].input == 1);
    CHECK_THAT(result.report(), Contains("gradient of input 1 that is not zero everywhere"));
}

TEST_CASE("linear functions and the identity pass at every order, their higher derivatives being zero") {
    CHECK(gradcheck([](const Tensor& x) { return x * 2.0; }, sample({3}), {.order = 3}).ok());
    CHECK(gradcheck([](const Tensor& x) { return x; }, sample({3}), {.order = 3}).ok());
    CHECK(gradcheck([](const Tensor& x) { return sum(x); }, sample({3}), {.order = 3}).ok());
}

TEST_CASE("a linear function's second derivative that should not be zero is caught") {
    const auto frozen = [](const Tensors& in, const Tensor& g) { return Tensors{g * 3.0 * in[0].detach() * in[0].detach()}; };
    CHECK(gradcheck(cube_with(frozen), sample({3})).ok());
    CHECK_FALSE(gradcheck(cube_with(frozen), sample({3}), {.order = 2}).ok());
}

TEST_CASE("a gradient of the wrong shape is a failure that tells both shapes") {
    const auto misshapen = [](const Tensors&, const Tensor&) { return Tensors{ones({2}, DType::f64)}; };
    const GradcheckResult result = gradcheck(cube_with(misshapen), sample({3}));
    CHECK_THAT(result.report(), Contains("[cube] order 1") && Contains("expected a gradient of shape [3] for input 0, got [2]"));
}

TEST_CASE("passes that differ are a failure, and so are values") {
    double noise = 0.0;
    const auto unsteady = [&](const Tensors& in, const Tensor& g) {
        noise += 1e-12;
        return Tensors{right(in, g)[0] + noise};
    };
    CHECK_THAT(gradcheck(cube_with(unsteady), sample({3})).report(), Contains("two backward passes to agree to the bit"));
    const TensorFunction drifting = [&](const Tensor& x) {
        noise += 1e-12;
        return x * x + noise;
    };
    CHECK_THAT(gradcheck(drifting, sample({3})).report(), Contains("the same value from two calls"));
}

TEST_CASE("NaN and infinity are failures, on either side") {
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double value : {std::numeric_limits<double>::quiet_NaN(), infinity}) {
        const auto broken = [&](const Tensors& in, const Tensor& g) { return Tensors{right(in, g)[0] + value}; };
        const GradcheckResult result = gradcheck(cube_with(broken), sample({3}));
        CHECK_FALSE(result.ok());
        CHECK(result.worst() == infinity);
        CHECK_FALSE(gradcheck([&](const Tensor& x) { return x * value; }, sample({3})).ok());
        CHECK_FALSE(gradcheck([&](const Tensor& x) { return x * value; }, sample({100}), {.full_limit = 10}).ok());
    }
}

TEST_CASE("functions of several tensors of odd shapes pass, with all entries or with random directions") {
    const TensorsFunction f = [](const Tensors& in) { return tanh(matmul(in[0], in[1])) * in[2] + log(in[3]); };
    const Tensors inputs{sample({3, 5}), sample({5, 7}), sample({7}), sample({1}) + 3.0};
    for (const std::int64_t limit : {std::int64_t{100'000}, std::int64_t{10}}) {
        const GradcheckResult result = gradcheck(f, inputs, {.order = 2, .full_limit = limit});
        INFO(result.report());
        CHECK(result.ok());
        CHECK(result.compared() > 100);
    }
}

TEST_CASE("integer and undefined inputs are passed on") {
    const TensorsFunction f = [](const Tensors& in) { return in[1].defined() ? in[1] : in[0] * in[2].to(DType::f64); };
    CHECK(gradcheck(f, {sample({3}), Tensor{}, arange(3)}, {.order = 2}).ok());
}

TEST_CASE("an input far from zero is moved by a step of its own size") {
    CHECK(gradcheck([](const Tensor& x) { return x * x / 1e6; }, tensor({1e6, -3e5, 1e-3}, DType::f64), {.order = 2}).ok());
}

TEST_CASE("the same seed draws the same directions") {
    const TensorFunction f = [](const Tensor& x) { return sin(x); };
    const Tensor x = sample({200});
    const double worst = gradcheck(f, x, {.seed = 5}).worst();
    CHECK(gradcheck(f, x, {.seed = 5}).worst() == worst);
    CHECK(gradcheck(f, x, {.seed = 6}).worst() != worst);
}

TEST_CASE("the inputs are left as they were") {
    const Tensor x = sample({3});
    const std::vector<double> before = x.to_vector();
    gradcheck(cube_with(right), x, {.order = 2});
    CHECK(x.to_vector() == before);
    CHECK_FALSE(x.requires_grad());
    CHECK_FALSE(x.grad().defined());
}

TEST_CASE("a report begins with a summary and shows the five worst, by their positions") {
    // Element i is off by i + 1 parts in a hundred.
    const auto wrong = [](const Tensors& in, const Tensor& g) {
        return Tensors{right(in, g)[0] * (1.0 + reshape(arange(30, DType::f64) + 1, {5, 6}) / 100.0)};
    };
    const GradcheckResult result = gradcheck(cube_with(wrong), full({5, 6}, 2.0, DType::f64), {.name = "cubes"});
    CHECK(result.failures().size() == 30);
    const std::string report = result.report();
    CHECK(std::count(report.begin(), report.end(), '\n') == 6);
    CHECK_THAT(report, Catch::StartsWith("[cubes] order 1: wrong derivatives by 30 of 30 elements of input 0, the worst off by 29"));
    CHECK_THAT(report, Contains(" times what is tolerated\n[cubes] order 1: expected the derivative of element [4, 5] of the output by element [4, 5] of "
                                "input 0 to be 1"));
    CHECK_THAT(report, Contains("element [4, 1] of the output") && !Contains("element [4, 0] of the output") && Catch::EndsWith("\n... and 25 more"));
    CHECK(result.failures()[29].excess == Approx(result.worst()));
    CHECK(result.failures()[0].excess == Approx(0.12 / (1e-6 + 1e-4 * 12)).epsilon(1e-3));
}

TEST_CASE("a summary counts the wrong elements of each input, and says where it has only seen some") {
    const TensorsFunction f = [](const Tensors& in) {
        return custom_op(
            "product", in, [](const Tensors& v) { return v[0] * v[1] * v[2]; },
            [](const Tensors& v, const Tensor& g) {
                return Tensors{g * v[1] * v[2], spoilt(g * v[0] * v[2], 1, 2), g * v[0] * v[1] * 1.1};
            });
    };
    CHECK_THAT(gradcheck(f, {sample({3}), sample({3}), sample({3})}).report(),
               Catch::StartsWith("[product] order 1: wrong derivatives by 1 of 3 elements of input 1 and 3 of 3 elements of input 2, the worst"));
    const auto spoilt_one = [](const Tensors& in, const Tensor& g) { return Tensors{spoilt(right(in, g)[0], 777, 1.5)}; };
    CHECK_THAT(gradcheck(cube_with(spoilt_one), sample({50, 60}) + 2.0).report(),
               Catch::StartsWith("[cube] order 1: wrong derivatives by at least 1 of 3000 elements of input 0"));
    const auto infinite = [](const Tensors& in, const Tensor& g) { return Tensors{spoilt(right(in, g)[0], 1, std::numeric_limits<double>::infinity())}; };
    CHECK_THAT(gradcheck(cube_with(infinite), sample({2})).report(), Contains("the worst off by inf times what is tolerated"));
}

TEST_CASE("the summary that the guide to testing gradients shows is what a doubled gradient gives") {
    const TensorsFunction product = [](const Tensors& in) {
        return custom_op(
            "product", in, [](const Tensors& v) { return v[0] * v[1]; },
            [](const Tensors& v, const Tensor& g) {
                return Tensors{g * v[1], 2.0 * g * v[0]};
            });
    };
    CHECK_THAT(gradcheck(product, {ones({2, 3}, DType::f64), sample({2, 3})}).report(),
               Catch::StartsWith("[product] order 1: wrong derivatives by 6 of 6 elements of input 1, the worst off by 9901 times what is tolerated\n"));
}

TEST_CASE("a scalar is named without a position") {
    const auto wrong = [](const Tensors& in, const Tensor& g) { return Tensors{2.0 * right(in, g)[0]}; };
    CHECK_THAT(gradcheck(cube_with(wrong), sample({})).report(), Contains("expected the derivative of the output by input 0 to be"));
}

TEST_CASE("gradcheck refuses f32, orders it does not have and steps that do not step") {
    const TensorFunction f = [](const Tensor& x) { return x * x; };
    CHECK_THROWS_WITH(gradcheck(f, sample({2}, DType::f32)), Contains("expected f64, got f32 for input 0") && Contains(".to(DType::f64)"));
    CHECK_THROWS_AS(gradcheck(f, sample({2}, DType::f32)), DTypeError);
    CHECK_THROWS_AS(gradcheck(f, arange(2)), DTypeError);
    CHECK_THROWS_WITH(gradcheck([](const Tensor& x) { return x.to(DType::f32); }, sample({2})), Contains("expected an f64 result"));
    CHECK_THROWS_WITH(gradcheck(f, sample({2}), {.order = 4}), Contains("expected an order from 1 to 3, got 4"));
    CHECK_THROWS_AS(gradcheck(f, sample({2}), {.step = 0.0}), ValueError);
}
