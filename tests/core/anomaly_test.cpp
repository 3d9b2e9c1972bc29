#include <knoll/core/anomaly.h>
#include <knoll/core/autograd.h>
#include <knoll/core/ops/ops.h>
#include <catch2/catch.hpp>

#include "support/numbers.h"
#include "support/sample.h"

#include <functional>
#include <optional>

using namespace knoll;
using Catch::Contains;

// Outside unnamed namespaces, where their names are exported.
namespace user {

__attribute__((noinline)) Tensor model(const Tensor& x) {
    Tensor y = log(x);
    return y * 2.0;
}

__attribute__((noinline)) Tensor root_model(const Tensor& x) {
    Tensor y = sum(sqrt(x));
    return y * 2.0;
}

// Its name has types of knoll's in it: "knoll::Tensor user::generic_model<int, knoll::Tensor>(knoll::Tensor const&)".
template <class, class>
__attribute__((noinline)) Tensor generic_model(const Tensor& x) {
    Tensor y = log(x);
    return y * 2.0;
}

}  // namespace user

namespace {

std::string text_of_anomaly(const std::function<void()>& action) {
    const AnomalyMode anomaly;
    try {
        action();
    } catch (const AnomalyError& error) {
        return error.what();
    }
    return "";
}

Tensor with_zero() { return tensor({{1, 2, 3}, {4, 5, 0}}, DType::f64); }

}  // namespace

TEST_CASE("an anomaly of the forward pass names op, number, index, shapes and the calling function") {
    const std::string found = text_of_anomaly([] { user::model(with_zero()); });
    CHECK_THAT(found, Contains("[log] expected a finite result, got -inf at [1, 2] of shape [2, 3], from inputs of shapes [2, 3]"));
    CHECK_THAT(found, !Contains("already"));
#if __has_include(<execinfo.h>)
    CHECK_THAT(found, Contains("at user::model(knoll::Tensor const&) (") && Contains("test_core+0x"));
#endif
}

#if __has_include(<execinfo.h>)
TEST_CASE("a calling function is named whatever the types in its own name, and what lies within knoll is left out") {
    const std::string found = text_of_anomaly([] { user::generic_model<int, Tensor>(with_zero()); });
    CHECK_THAT(found, Contains("user::generic_model<int, knoll::Tensor>("));
    CHECK_THAT(found, !Contains("knoll::record"));
    CHECK_THAT(found, !Contains("knoll::log"));
}
#endif

TEST_CASE("results are checked whether or not they are recorded, and in either type") {
    CHECK_THAT(text_of_anomaly([] { log(with_zero().to(DType::f32)); }), Contains("[log] expected a finite result, got -inf at [1, 2]"));
    CHECK_THAT(text_of_anomaly([] { log(with_zero().set_requires_grad()); }), Contains("[log]"));
    CHECK_THAT(text_of_anomaly([] {
                   const NoGrad no_grad;
                   log(with_zero().set_requires_grad());
               }),
               Contains("[log]"));
    CHECK_THAT(text_of_anomaly([] { log(with_zero() - 1.0); }), Contains("got -inf at [0, 0]"));
    CHECK_THAT(text_of_anomaly([] { sqrt(with_zero() - 2.0); }), Contains("got nan at [0, 0]"));
}

TEST_CASE("an input that was bad already is named instead of the op that passed it on") {
    const Tensor bad = tensor({1, infinity}, DType::f64);
    CHECK_THAT(text_of_anomaly([&] { sample({2}) * bad; }), Contains("input 1 had inf at [1] of shape [2] already"));
    CHECK_THAT(text_of_anomaly([&] { concat({sample({2}), bad}, 0); }), Contains("[concat]") && Contains("input 1 had inf at [1] of shape [2] already"));
}

TEST_CASE("an anomaly of the backward pass names the op and the function that called it in the forward pass") {
    const std::string found = text_of_anomaly([] { backward(user::root_model(with_zero().set_requires_grad())); });
    CHECK_THAT(found, Contains("[sqrt] expected a finite gradient, got inf at [1, 2] of shape [2, 3], for its input of shape [2, 3] from [leaf]"));
    CHECK_THAT(found, Contains("in the backward pass of its result of shape [2, 3], from inputs of shapes [2, 3]"));
#if __has_include(<execinfo.h>)
    CHECK_THAT(found, Contains("at user::root_model(knoll::Tensor const&) ("));
#endif
    CHECK_THAT(text_of_anomaly([] {
                   const Tensor x = with_zero().set_requires_grad();
                   grad(user::root_model(x), x, {.create_graph = true});
               }),
               Contains("[sqrt] expected a finite gradient"));
}

TEST_CASE("a bad upstream gradient is told from a bad op") {
    const Tensor x = sample({2}).set_requires_grad();
    const std::string found = text_of_anomaly([&] { backward(x * 3.0, {.grad_output = tensor({1, infinity}, DType::f64)}); });
    CHECK_THAT(found, Contains("the gradient of the result had inf at [1] of shape [2] already"));
}

TEST_CASE("a hand-written gradient is checked as the gradient of its op") {
    const auto broken = [](const std::vector<Tensor>& in, const Tensor& g) { return std::vector<Tensor>{g, g / (in[1] - in[1])}; };
    const Tensor a = sample({2}).set_requires_grad();
    const Tensor b = sample({2}).set_requires_grad();
    const std::string found = text_of_anomaly([&] {
        backward(sum(custom_op(
            "pair", {a, b}, [](const std::vector<Tensor>& in) { return in[0] + in[1]; }, broken)));
    });
    CHECK_THAT(found, Contains("[pair] expected a finite gradient, got inf at [0] of shape [2]"));
    CHECK_THAT(found, Contains("from inputs of shapes [2], [2]"));
}

TEST_CASE("scopes stand in the text with their lines, the innermost first, as they were in the forward pass") {
    const std::string found = text_of_anomaly([] {
        std::optional<Tensor> loss;
        {
            const Here encoder("encoder");
            const Here attention("attention");
            loss = sum(sqrt(with_zero().set_requires_grad()));
        }
        backward(*loss);
    });
    const auto inner = found.find("in attention (");
    CHECK(inner < found.find("in encoder ("));
    CHECK_THAT(found, Contains("anomaly_test.cpp:"));
    CHECK(Here::innermost() == nullptr);
}

TEST_CASE("nothing is checked outside the mode, and inside another that is off") {
    const Tensor x = with_zero().set_requires_grad();
    CHECK_NOTHROW(backward(sum(log(x))));
    const AnomalyMode anomaly;
    CHECK(anomaly_mode());
    {
        const AnomalyMode off(false);
        CHECK_FALSE(anomaly_mode());
        CHECK_NOTHROW(backward(sum(log(x))));
    }
    CHECK(anomaly_mode());
    CHECK_NOTHROW(backward(sum(log(sample({3}).set_requires_grad() + 2.0))));
}

TEST_CASE("a node from before the mode is named without a place") {
    const Tensor loss = user::root_model(with_zero().set_requires_grad());
    CHECK_THAT(text_of_anomaly([&] { backward(loss); }), Contains("[sqrt] expected a finite gradient") && Contains("called where no AnomalyMode was on"));
}

TEST_CASE("values and gradients under the mode are what they are without it") {
    const auto gradient = [] {
        const Tensor x = sample({3, 4}).set_requires_grad();
        return grad(sum(tanh(matmul(x, sample({4, 2}))) / 3.0), x).to_vector();
    };
    const std::vector<double> expected = gradient();
    const AnomalyMode anomaly;
    CHECK(gradient() == expected);
}
