#include <knoll/core/autograd.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/matmul.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/record.h>
#include <catch2/catch.hpp>

using namespace knoll;
using Catch::Contains;

namespace {

Tensor leaf(std::initializer_list<double> values) { return tensor(values, DType::f64).set_requires_grad(); }

}  // namespace

TEST_CASE("a gradient can be differentiated again") {
    const Tensor x = leaf({0.5, 1.0, 2.0});
    const Tensor first = grad(sum(x * x * x), x, {.create_graph = true});
    const Tensor second = grad(sum(first), x, {.create_graph = true});
    const Tensor third = grad(sum(second), x);
    CHECK(first.to_vector() == std::vector<double>{0.75, 3.0, 12.0});
    CHECK(second.to_vector() == std::vector<double>{3.0, 6.0, 12.0});
    CHECK(third.to_vector() == std::vector<double>{6.0, 6.0, 6.0});
}

TEST_CASE("a gradient has no graph unless it is asked for") {
    const Tensor x = leaf({2.0});
    CHECK_FALSE(grad(sum(x * x), x).requires_grad());
    CHECK(grad(sum(x * x), x, {.create_graph = true}).requires_grad());
}

TEST_CASE("a chain of a million nodes is walked and freed without recursion") {
    const Tensor x = leaf({1.0, 2.0});
    Tensor y = x;
    for (int i = 0; i < 1'000'000; ++i) y = y * 1.0;
    backward(sum(y));
    CHECK(x.grad().to_vector() == std::vector<double>{1.0, 1.0});
}

TEST_CASE("a chain of a hundred thousand nodes that nobody walked is freed without recursion") {
    const Tensor x = leaf({1.0});
    {
        Tensor y = x;
        for (int i = 0; i < 100'000; ++i) y = y * y;
    }
    CHECK_FALSE(x.grad().defined());
}

TEST_CASE("a tensor used along several paths gets the sum of their gradients, each path walked once") {
    const Tensor x = leaf({3.0});
    Tensor y = x;
    for (int i = 0; i < 40; ++i) y = y + y;  // 2^40 paths
    backward(y);
    CHECK(x.grad().item() == 0x1p40);
}

TEST_CASE("backward adds to the gradients of earlier passes until they are zeroed") {
    Tensor x = leaf({1.0, 2.0});
    backward(sum(x * 3.0));
    const Tensor kept = x.grad();
    backward(sum(x * x));
    CHECK(x.grad().to_vector() == std::vector<double>{5.0, 7.0});
    CHECK(kept.to_vector() == std::vector<double>{3.0, 3.0});
    x.zero_grad();
    CHECK_FALSE(x.grad().defined());
}

TEST_CASE("grad touches no accumulated gradient") {
    const Tensor x = leaf({1.0});
    CHECK(grad(x * 2.0, x).item() == 2.0);
    CHECK_FALSE(x.grad().defined());
}

TEST_CASE("a second pass over a graph is refused unless the first kept it") {
    const Tensor x = leaf({2.0});
    const Tensor y = x * x;
    backward(y, {.retain_graph = true});
    backward(y);
    CHECK(x.grad().item() == 8.0);
    CHECK_THROWS_WITH(backward(y), Contains("[multiply]") && Contains("retain_graph"));
}

TEST_CASE("a part of a graph that an earlier pass has freed is refused, never skipped") {
    const Tensor x = leaf({2.0});
    const Tensor shared = x * x;
    backward(shared * 3.0);
    const Tensor y = shared * 5.0 + x;
    CHECK_THROWS_WITH(grad(y, x), Contains("[multiply]") && Contains("retain_graph"));
}

TEST_CASE("create_graph keeps the graph too") {
    const Tensor x = leaf({2.0});
    const Tensor y = x * x;
    CHECK(grad(y, x, {.create_graph = true}).item() == 4.0);
    CHECK(grad(y, x).item() == 4.0);
}

TEST_CASE("backward with create_graph leaves gradients that can be differentiated") {
    const Tensor x = leaf({3.0});
    backward(x * x * x, {.create_graph = true});
    CHECK(grad(x.grad(), x).item() == 18.0);
}

TEST_CASE("only scalars may do without an upstream gradient, and its shape must fit") {
    const Tensor x = leaf({1.0, 2.0});
    const Tensor y = x * 2.0;
    CHECK_THROWS_WITH(backward(y), Contains("expected a scalar output, got shape [2]"));
    CHECK_THROWS_WITH(backward(y, {.grad_output = ones({3}, DType::f64)}), Contains("expected an upstream gradient of shape [2], got [3]"));
    backward(y, {.grad_output = tensor({10.0, 100.0}, DType::f64)});
    CHECK(x.grad().to_vector() == std::vector<double>{20.0, 200.0});
}

TEST_CASE("an output without a graph is refused") {
    const Tensor x = tensor({1.0});
    CHECK_THROWS_AS(backward(x * 2.0), AutogradError);
    CHECK_THROWS_WITH(grad(x * 2.0, x), Contains("inputs that require gradients"));
}

TEST_CASE("an input that the output does not depend on is an error unless it is allowed") {
    const Tensor x = leaf({1.0}), other = leaf({1.0, 2.0});
    const Tensor y = x * 2.0;
    CHECK_THROWS_WITH(grad({y}, {x, other}, {.retain_graph = true}), Contains("not on input 1 of shape [2]"));
    const auto gradients = grad({y}, {x, other}, {.allow_unused = true});
    CHECK(gradients[0].item() == 2.0);
    CHECK_FALSE(gradients[1].defined());
}

TEST_CASE("gradients of several outputs add up, each with its own upstream gradient") {
    const Tensor x = leaf({2.0});
    const Tensor square = x * x, triple = x * 3.0;
    const auto gradients = grad({square, triple}, {x}, {.grad_outputs = {tensor({10.0}, DType::f64), tensor({100.0}, DType::f64)}});
    CHECK(gradients[0].item() == 340.0);
    CHECK_THROWS_WITH(grad({square, triple}, {x}, {.grad_outputs = {tensor({1.0})}}), Contains("expected 2 upstream gradients, one per output, got 1"));
}

TEST_CASE("the gradient of an inner tensor can be asked for, and of the output itself") {
    const Tensor x = leaf({2.0});
    const Tensor inner = x * 3.0;
    const Tensor y = inner * inner;
    const auto gradients = grad({y}, {inner, y, x});
    CHECK(gradients[0].item() == 12.0);
    CHECK(gradients[1].item() == 1.0);
    CHECK(gradients[2].item() == 36.0);
}

TEST_CASE("a backward pass may be done in two parts, first to an inner tensor, then from it") {
    const Tensor x = leaf({2.0});
    const Tensor inner = x * x;
    const Tensor upstream = grad(inner * 5.0, inner);
    backward(inner, {.grad_output = upstream});
    CHECK(x.grad().item() == 20.0);
}

TEST_CASE("the same input asked for twice is answered twice") {
    const Tensor x = leaf({2.0});
    const auto gradients = grad({x * x}, {x, x});
    CHECK(gradients[0].item() == 4.0);
    CHECK(gradients[1].item() == 4.0);
}

TEST_CASE("the gradient of what was broadcast is summed to its shape") {
    const Tensor row = leaf({1.0, 2.0, 3.0});
    const Tensor column = tensor(std::vector<double>{1.0, 10.0}, {2, 1}, DType::f64).set_requires_grad();
    const Tensor single = scalar(5.0, DType::f64).set_requires_grad();
    backward(sum(row * column + single));
    CHECK(row.grad().to_vector() == std::vector<double>{11.0, 11.0, 11.0});
    CHECK(column.grad().shape() == Shape{2, 1});
    CHECK(column.grad().to_vector() == std::vector<double>{6.0, 6.0});
    CHECK(single.grad().shape() == Shape{});
    CHECK(single.grad().item() == 6.0);
}

TEST_CASE("a gradient has its tensor's element type even where types were mixed") {
    const Tensor single = tensor({1.0, 2.0}).set_requires_grad();
    const Tensor twice = leaf({3.0, 4.0});
    backward(sum(single * twice));
    CHECK(single.grad().dtype() == DType::f32);
    CHECK(twice.grad().dtype() == DType::f64);
    CHECK(single.grad().to_vector() == std::vector<double>{3.0, 4.0});
}

TEST_CASE("nothing is recorded under NoGrad, and EnableGrad turns it on again inside") {
    const Tensor x = leaf({1.0});
    CHECK(grad_enabled());
    {
        const NoGrad no_grad;
        CHECK_FALSE(grad_enabled());
        CHECK_FALSE((x * 2.0).requires_grad());
        {
            const EnableGrad enable_grad;
            CHECK((x * 2.0).requires_grad());
        }
        CHECK_FALSE((x * 2.0).requires_grad());
    }
    CHECK((x * 2.0).requires_grad());
}

TEST_CASE("detach cuts the graph") {
    const Tensor x = leaf({3.0});
    CHECK(grad(x * x.detach(), x).item() == 3.0);
}

TEST_CASE("a change in place of what a gradient needs is refused with both versions") {
    const Tensor x = tensor({1.0, 2.0}).set_requires_grad();
    Tensor weight = tensor({3.0, 4.0});
    const Tensor y = sum(x * weight);
    weight += 1.0;
    CHECK_THROWS_WITH(backward(y), Contains("[multiply]") && Contains("saved at version 0, now at version 1"));
}

TEST_CASE("a change in place of a result that its own gradient needs is refused") {
    const Tensor x = leaf({1.0, 2.0});
    const Tensor quotient = x / leaf({3.0, 4.0});
    quotient.detach().fill_(0.0);  // the same array
    CHECK_THROWS_WITH(backward(sum(quotient)), Contains("[divide]") && Contains("its result unchanged"));
}

TEST_CASE("a change in place of what no gradient needs is allowed") {
    const Tensor x = tensor({1.0, 2.0}).set_requires_grad();
    Tensor offset = tensor({3.0, 4.0});
    const Tensor y = sum(x + offset);
    offset += 1.0;
    backward(y);
    CHECK(x.grad().to_vector() == std::vector<double>{1.0, 1.0});
}

TEST_CASE("a tensor with a graph refuses changes in place, a leaf takes them under NoGrad") {
    Tensor x = leaf({1.0});
    Tensor y = x * 2.0;
    CHECK_THROWS_AS(x += 1.0, AutogradError);
    const NoGrad no_grad;
    CHECK_THROWS_AS(y += 1.0, AutogradError);
    x += 1.0;
    CHECK(x.item() == 2.0);
}

TEST_CASE("a hook sees a tensor's complete gradient once and may replace it") {
    const Tensor x = leaf({1.0});
    Tensor inner = x * 2.0;
    int calls = 0;
    inner.register_hook([&](const Tensor& gradient) {
        ++calls;
        CHECK(gradient.item() == 7.0);
        return gradient * 10.0;
    });
    backward(inner * 3.0 + inner * 4.0);
    CHECK(calls == 1);
    CHECK(x.grad().item() == 140.0);
}

TEST_CASE("a hook that returns nothing changes nothing, and one of another shape is refused") {
    Tensor x = leaf({1.0});
    x.register_hook([](const Tensor&) { return Tensor{}; });
    backward(x * 2.0);
    CHECK(x.grad().item() == 2.0);
    x.register_hook([](const Tensor&) { return ones({2}, DType::f64); });
    CHECK_THROWS_WITH(backward(x * 2.0), Contains("[hook] expected a gradient of shape [1], got [2]"));
}

TEST_CASE("a hook that returns a gradient of another type is refused") {
    Tensor x = leaf({1.0});
    x.register_hook([](const Tensor& gradient) { return gradient.to(DType::f32); });
    CHECK_THROWS_WITH(backward(x * 2.0), "[hook] expected a gradient of f64, got f32; convert with .to(DType::f64)");
}

TEST_CASE("grad and backward name themselves where an output has no graph") {
    const Tensor x = leaf({1.0}), constant = ones({1}, DType::f64);
    CHECK_THROWS_WITH(grad(constant, x), Contains("[grad] expected an output with a graph"));
    CHECK_THROWS_WITH(backward(constant), Contains("[backward] expected an output with a graph"));
    CHECK_THROWS_WITH(grad(leaf({1.0, 2.0}) * 2.0, x), Contains("[grad] expected a scalar output, got shape [2]"));
}

TEST_CASE("a pass that was interrupted by an error leaves the graph usable") {
    const Tensor x = leaf({2.0});
    Tensor inner = x * x;
    bool fails = true;
    inner.register_hook([&](const Tensor&) -> Tensor {
        if (fails) fail<ValueError>("[hook] expected to fail");
        return {};
    });
    const Tensor y = inner * 5.0;
    CHECK_THROWS_AS(grad(y, x, {.retain_graph = true}), ValueError);
    fails = false;
    CHECK(grad(y, x).item() == 20.0);
}

TEST_CASE("gradients that nobody asked for are not computed") {
    const Tensor x = leaf({1.0}), other = leaf({2.0});
    int calls = 0;
    const auto count = [&](const Tensor& g) {
        ++calls;
        return g;
    };
    const Tensor y = record("pair", tensor({0.0}, DType::f64), gradient(x, [](const Tensor& g) { return g; }), gradient(other, count));
    grad(y, x, {.retain_graph = true});
    CHECK(calls == 0);
    backward(y);
    CHECK(calls == 1);
}

TEST_CASE("a joint gradient is told which inputs are asked for, and must return one gradient for each") {
    const Tensor x = leaf({1.0}), other = leaf({2.0});
    SmallVector<bool> asked;
    std::size_t count = 2;
    const Tensor y = record_joint("joint", tensor({0.0}, DType::f64), {x, other}, [&](const Tensor& g, const SmallVector<bool>& needed) {
        asked = needed;
        return SmallVector<Tensor>(count, g);
    });
    grad(y, other, {.retain_graph = true});
    CHECK(asked == SmallVector<bool>{false, true});
    count = 3;
    CHECK_THROWS_WITH(backward(y), Contains("[joint] expected 2 gradients, one per input, got 3"));
}

TEST_CASE("two passes over a graph have the same bits") {
    Tensor x = reshape(arange(600, DType::f32) * 0.37 + 0.1, {20, 30}).detach().set_requires_grad();
    const Tensor y = sum(matmul(x, transpose(x, 0, 1)) / sum(x, 1, true));
    const Tensor first = grad(y, x, {.retain_graph = true});
    CHECK(first.to_vector() == grad(y, x).to_vector());
}

TEST_CASE("graphs of a dead output are freed while the leaf lives on") {
    const Tensor x = leaf({1.0});
    std::weak_ptr<Node> node;
    {
        const Tensor y = x * 2.0;
        node = y.impl()->node;
        backward(y);
    }
    CHECK(node.expired());
    CHECK(x.grad().item() == 2.0);
}

TEST_CASE("integers cannot require gradients") {
    CHECK_THROWS_WITH(arange(3).set_requires_grad(), Contains("[set_requires_grad] expected f32 or f64, got i64"));
}
