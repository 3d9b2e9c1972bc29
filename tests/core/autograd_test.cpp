#include <catch2/catch.hpp>
#include <knoll/core/autograd.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/reduce.h>

using namespace knoll;

TEST_CASE("a gradient can be differentiated again") {
    const Tensor x = tensor({0.5, 1.0, 2.0}, DType::f64).set_requires_grad();
    const Tensor first = grad(sum(x * x * x), x, {.create_graph = true});
    const Tensor second = grad(sum(first), x, {.create_graph = true});
    const Tensor third = grad(sum(second), x);
    CHECK(first.to_vector() == std::vector<double>{0.75, 3.0, 12.0});
    CHECK(second.to_vector() == std::vector<double>{3.0, 6.0, 12.0});
    CHECK(third.to_vector() == std::vector<double>{6.0, 6.0, 6.0});
}

TEST_CASE("a chain of a million nodes is walked and freed without recursion") {
    const Tensor x = tensor({1.0, 2.0}, DType::f64).set_requires_grad();
    Tensor y = x;
    for (int i = 0; i < 1'000'000; ++i) y = y * 1.0;
    backward(sum(y));
    CHECK(x.grad().to_vector() == std::vector<double>{1.0, 1.0});
}

TEST_CASE("a change in place of what a gradient needs is refused with both versions") {
    const Tensor x = tensor({1.0, 2.0}).set_requires_grad();
    Tensor weight = tensor({3.0, 4.0});
    const Tensor y = sum(x * weight);
    weight += 1.0;
    CHECK_THROWS_WITH(backward(y), Catch::Contains("[multiply]") && Catch::Contains("saved at version 0, now at version 1"));
}
