#include "support/close.h"
#include "support/numbers.h"

#include <knoll/core/gradcheck.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/ops/reduce.h>

using namespace knoll;

namespace {

Tensor gradient_of_power(const Tensor& base, double exponent) {
    const Tensor x = base.clone().set_requires_grad();
    return grad(sum(pow(x, exponent)), x);
}

}  // namespace

TEST_CASE("a constant power agrees with std::pow, negative bases and zero included") {
    const Tensor x = tensor({-2.0, -0.5, 0.0, 0.5, 2.0, infinity}, DType::f64);
    for (const double exponent : {-2.0, -1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0}) {
        auto expected = x.to_vector();
        for (double& value : expected) value = std::pow(value, exponent);
        INFO("exponent " << exponent);
        check_close(pow(x, exponent), tensor(expected, x.shape(), DType::f64), 1e-15, 0);
        check_close(pow(x.to(DType::f32), exponent), tensor(expected, x.shape(), DType::f64), 2e-7, 0);
    }
}

TEST_CASE("the gradient of a constant power at 0 is the limit from above") {
    const Tensor zero = tensor({0.0}, DType::f64);
    CHECK(gradient_of_power(zero, 0.0).item() == 0);
    CHECK(gradient_of_power(zero, 1.0).item() == 1);
    CHECK(gradient_of_power(zero, 2.0).item() == 0);
    CHECK(gradient_of_power(zero, 1.5).item() == 0);
    CHECK(gradient_of_power(zero, 0.5).item() == infinity);
    CHECK(gradient_of_power(tensor({-2.0}, DType::f64), 3.0).item() == 12);
}

TEST_CASE("a constant power can be differentiated past its degree") {
    const Tensor x = tensor({0.0, 2.0}, DType::f64).set_requires_grad();
    const Tensor first = grad(sum(pow(x, 2.0)), x, {.create_graph = true});
    const Tensor second = grad(sum(first), x, {.create_graph = true});
    const Tensor third = grad(sum(second), x, {.create_graph = true});
    CHECK(first.to_vector() == std::vector<double>{0, 4});
    CHECK(second.to_vector() == std::vector<double>{2, 2});
    CHECK(third.to_vector() == std::vector<double>{0, 0});
}

TEST_CASE("a power of tensors broadcasts, promotes, and has both gradients to second order") {
    Rng rng{1};
    const Tensor a = rand({2, 3}, rng, DType::f64) + 0.5, b = rand({3}, rng, DType::f64) * 4.0 - 2.0;
    const Tensor y = pow(a, b);
    for (std::int64_t i = 0; i < 2; ++i)
        for (std::int64_t j = 0; j < 3; ++j) CHECK(y.at<double>(i, j) == Approx(std::pow(a.at<double>(i, j), b.at<double>(j))).epsilon(1e-14));
    const auto result = gradcheck([](const std::vector<Tensor>& x) { return pow(x[0], x[1]); }, {a, b}, {.order = 2});
    INFO(result.report());
    CHECK(result.ok());
    CHECK(pow(arange(3), arange(3)).dtype() == DType::f32);
    CHECK(pow(arange(3), arange(3)).to_vector() == std::vector<double>{1, 1, 4});
    CHECK_THROWS_WITH(pow(zeros({2}), zeros({3})), Catch::StartsWith("[pow] expected shapes that broadcast"));
}

TEST_CASE("gradients of a power of tensors at base 0 are finite where the function is smooth from above") {
    const Tensor a = tensor({0.0, 0.0, 0.0}, DType::f64).set_requires_grad();
    const Tensor b = tensor({0.0, 1.0, 2.0}, DType::f64).set_requires_grad();
    const auto gradients = grad({sum(pow(a, b))}, {a, b});
    CHECK(gradients[0].to_vector() == std::vector<double>{0, 1, 0});
    CHECK(gradients[1].to_vector() == std::vector<double>{0, 0, 0});
}

TEST_CASE("a power of tensors with a negative base and a whole exponent has a gradient for the base") {
    const Tensor a = tensor({-2.0}, DType::f64).set_requires_grad();
    backward(sum(pow(a, tensor({3.0}, DType::f64))));
    CHECK(a.grad().item() == 12);
}
