#include <knoll/core/node.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/reduce.h>
#include <catch2/catch.hpp>

#include "support/sample.h"

using namespace knoll;
using Catch::Contains;
using Tensors = std::vector<Tensor>;

namespace {

// a^2 b, with its gradients.
Tensor square_times(const Tensor& a, const Tensor& b) {
    return custom_op(
        "square_times", {a, b}, [](const Tensors& in) { return in[0] * in[0] * in[1]; },
        [](const Tensors& in, const Tensor& g) {
            return Tensors{g * 2.0 * in[0] * in[1], g * in[0] * in[0]};
        });
}

// An op of one input [2] whose backward returns what it is given.
Tensor returning(const Tensors& gradients) {
    const Tensor x = sample({2}).set_requires_grad();
    return custom_op(
        "mine", {x}, [](const Tensors& in) { return in[0] * 1.0; }, [gradients](const Tensors&, const Tensor&) { return gradients; });
}

}  // namespace

TEST_CASE("a custom op computes its value and takes its name into the graph") {
    const Tensor a = tensor({1.0, 2.0}, DType::f64).set_requires_grad();
    const Tensor y = square_times(a, tensor({3.0, 4.0}, DType::f64));
    CHECK(y.to_vector() == std::vector<double>{3.0, 16.0});
    CHECK(std::string(y.impl()->node->op) == "square_times");
}

TEST_CASE("a custom op whose gradient is written in ops can be differentiated three times") {
    check_derivatives(3, [](const Tensors& in) { return square_times(in[0], in[1]); }, {sample({2, 3}), sample({2, 3}) + 2.0});
}

TEST_CASE("a custom op's input that is broadcast may get a gradient of the output's shape") {
    check_derivatives(2, [](const Tensors& in) { return square_times(in[0], in[1]); }, {sample({2, 3}), sample({3}) + 2.0});
}

TEST_CASE("the backward pass of a custom op may run a backward pass of its own through its live inputs") {
    const auto recomputed = [](const Tensors& in) {
        return custom_op(
            "recomputed", in, [](const Tensors& v) { return v[0] * v[0] * v[1]; },
            [](const Tensors& v, const Tensor& g) {
                const bool create_graph = grad_enabled();
                const EnableGrad recording;
                return grad({v[0] * v[0] * v[1]}, v, {.grad_outputs = {g}, .create_graph = create_graph});
            });
    };
    check_derivatives(3, recomputed, {sample({3}), sample({3}) + 2.0});
    // Inputs that are inner tensors and on other paths too, where the outer pass has noted gradients already.
    check_derivatives(2, [&](const Tensors& in) { return recomputed({in[0] * in[1], in[1] * 2.0}) * in[0] + in[1]; }, {sample({3}), sample({3}) + 2.0});
}

TEST_CASE("a custom op is not recorded where nothing requires a gradient") {
    CHECK_FALSE(square_times(sample({2}), sample({2})).requires_grad());
    const Tensor a = sample({2}).set_requires_grad();
    const NoGrad no_grad;
    CHECK_FALSE(square_times(a, a).requires_grad());
}

TEST_CASE("the forward pass of a custom op sees inputs without a graph and records nothing") {
    const Tensor a = sample({2}).set_requires_grad();
    bool seen = false;
    custom_op(
        "watch", {a},
        [&](const Tensors& in) {
            seen = true;
            CHECK_FALSE(in[0].requires_grad());
            CHECK_FALSE(grad_enabled());
            return in[0] * 1.0;
        },
        [](const Tensors&, const Tensor& g) { return Tensors{g}; });
    CHECK(seen);
}

TEST_CASE("a custom op may return its input, or a tensor that others hold, without changing either") {
    const Tensor a = sample({2}).set_requires_grad();
    const Tensor held = sample({2});
    const auto pass = [](const Tensors&, const Tensor& g) { return Tensors{g * 5.0}; };
    const Tensor same = custom_op(
        "same", {a}, [](const Tensors& in) { return in[0]; }, pass);
    const Tensor other = custom_op(
        "held", {a}, [&](const Tensors&) { return held; }, pass);
    CHECK_FALSE(held.requires_grad());
    CHECK(grad(sum(same + other), a).to_vector() == std::vector<double>{10.0, 10.0});
}

TEST_CASE("an undefined gradient of a custom op means none") {
    const Tensor a = sample({2}).set_requires_grad(), b = sample({2}).set_requires_grad();
    const Tensor y = custom_op(
        "half", {a, b}, [](const Tensors& in) { return in[0] + in[1]; },
        [](const Tensors&, const Tensor& g) {
            return Tensors{g, Tensor{}};
        });
    backward(sum(y));
    CHECK(a.grad().defined());
    CHECK_FALSE(b.grad().defined());
}

TEST_CASE("a custom op takes undefined and integer inputs along") {
    const Tensor a = sample({2}).set_requires_grad();
    const Tensor index = arange(2);
    const Tensor y = custom_op(
        "mixed", {a, Tensor{}, index}, [](const Tensors& in) { return in[1].defined() ? in[1] : in[0] * in[2]; },
        [](const Tensors& in, const Tensor& g) {
            return Tensors{g * in[2], Tensor{}, Tensor{}};
        });
    CHECK(grad(sum(y), a).to_vector() == std::vector<double>{0.0, 1.0});
}

TEST_CASE("a custom op with an integer result has no graph") {
    const Tensor a = sample({2}).set_requires_grad();
    const Tensor y = custom_op(
        "count", {a}, [](const Tensors&) { return arange(3); }, [](const Tensors&, const Tensor&) { return Tensors{}; });
    CHECK_FALSE(y.requires_grad());
}

TEST_CASE("gradients of a custom op are checked for count, shape and type") {
    CHECK_THROWS_WITH(backward(sum(returning({}))), Contains("[mine] expected 1 gradients from backward, one per input, got 0"));
    CHECK_THROWS_WITH(backward(sum(returning({ones({3}, DType::f64)}))), Contains("[mine] expected a gradient of shape [2] for input 0, got [3]"));
    CHECK_THROWS_WITH(backward(sum(returning({ones({1}, DType::f64)}))), Contains("[mine] expected a gradient of shape [2] for input 0, got [1]"));
    CHECK_THROWS_AS(backward(sum(returning({ones({2})}))), DTypeError);
}

TEST_CASE("a forward pass that returns nothing is refused") {
    CHECK_THROWS_WITH(custom_op(
                          "nothing", {sample({2})}, [](const Tensors&) { return Tensor{}; }, [](const Tensors&, const Tensor& g) { return Tensors{g}; }),
                      Contains("[nothing] expected forward to return a tensor"));
}

TEST_CASE("inputs of a custom op that are changed in place before its backward pass are refused") {
    const Tensor a = sample({2}).set_requires_grad();
    Tensor b = sample({2});
    const Tensor y = sum(square_times(a, b));
    b += 1.0;
    CHECK_THROWS_WITH(backward(y), Contains("[square_times]") && Contains("saved at version"));
}
