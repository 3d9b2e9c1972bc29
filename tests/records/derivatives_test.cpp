// Derivatives of everything beyond what `knoll gradcheck` looks at.
#include "records/expectations.h"
#include "support/close.h"
#include "support/sample.h"

#include <knoll/core/gradcheck.h>
#include <knoll/core/ops/ops.h>

#include <catch2/catch.hpp>

using namespace knoll;
using namespace knoll::records;

namespace {

bool is_differentiable(const Expectation& expectation) { return expectation.smooth_order > 0; }

// The function of one of its inputs, the others staying as they are.
TensorFunction of_input(const Expectation& expectation, std::size_t which) {
    return [&expectation, which](const Tensor& x) {
        Inputs inputs = expectation.inputs;
        inputs[which] = x;
        return expectation.function(inputs);
    };
}

// The gradient of one input after another was changed in place; an error is as good as a right gradient.
void check_change_is_noticed(const Expectation& expectation, std::size_t changed) {
    Inputs inputs = expectation.inputs, wanted;
    for (Tensor& input : inputs)
        if (is_floating(input.dtype())) wanted.push_back(input = leaf(input));
    const Tensor value = expectation.function(inputs);
    const Tensor upstream = apps::normal_input(value.shape(), 7);
    const std::vector<Tensor> right = grad({value}, wanted, {.grad_outputs = {upstream}, .retain_graph = true});
    {
        const NoGrad guard;
        if (is_floating(inputs[changed].dtype()))
            inputs[changed] *= 1.25;
        else
            inputs[changed].copy_(zeros_like(inputs[changed]));
    }
    try {
        const std::vector<Tensor> now = grad({value}, wanted, {.grad_outputs = {upstream}});
        for (std::size_t i = 0; i < right.size(); ++i) check_close(now[i], right[i], 0.0, 0.0);
    } catch (const AutogradError& error) {
        CHECK_THAT(error.what(), Catch::Contains("in place"));
    }
}

}  // namespace

TEST_CASE("every record holds to second order, or says why there is nothing to check") {
    for (const apps::CheckRecord& record : apps::check_records()) {
        INFO(record.name());
        if (!record.no_gradient.empty()) continue;
        const GradcheckResult result = gradcheck(record.function, record.inputs, {.order = 2});
        INFO(result.report());
        CHECK(result.ok());
    }
}

TEST_CASE("every smooth op, layer and loss has right derivatives to third order") {
    for (const Expectation& expectation : expectations().all()) {
        if (expectation.smooth_order < 3) continue;
        const GradcheckResult result = gradcheck(expectation.function, expectation.inputs, {.order = 3, .full_limit = 64, .name = expectation.name()});
        INFO(result.report());
        CHECK(result.ok());
    }
}

TEST_CASE("every op, layer and loss has right derivatives to second order on shapes that make trouble") {
    for (const Expectation& expectation : expectations().all()) {
        if (!is_differentiable(expectation)) continue;
        for (const Inputs& inputs : expectation.further) {
            bool is_empty = false;
            for (const Tensor& input : inputs) is_empty = is_empty || input.numel() == 0;
            const GradcheckOptions options{
                .order = std::min(2, expectation.smooth_order), .full_limit = 64, .allow_zero = is_empty || expectation.may_vanish, .name = expectation.name()};
            const GradcheckResult result = gradcheck(expectation.function, inputs, options);
            INFO(text("first input of shape ", inputs[0].shape(), "\n", result.report()));
            CHECK(result.ok());
        }
    }
}

TEST_CASE("forward and reverse products with the Jacobian of every op, layer and loss agree") {
    for (const Expectation& expectation : expectations().all()) {
        if (!is_differentiable(expectation)) continue;
        for (std::size_t i = 0; i < expectation.inputs.size(); ++i) {
            if (!is_floating(expectation.inputs[i].dtype())) continue;
            INFO(expectation.name() << ", input " << i);
            const TensorFunction f = of_input(expectation, i);
            const Tensor tangent = apps::normal_input(expectation.inputs[i].shape(), 8);
            const Tensor forward = jvp(f, expectation.inputs[i], tangent);
            const Tensor x = leaf(expectation.inputs[i]);
            const Tensor value = f(x);
            const Tensor upstream = apps::normal_input(value.shape(), 9);
            const Tensor reverse = grad(value, x, {.grad_outputs = {upstream}});
            CHECK(sum(upstream * forward).item() == Approx(sum(reverse * tangent).item()).epsilon(1e-9).margin(1e-9));
        }
    }
}

TEST_CASE("no op, layer or loss gives a gradient of what has been changed in place since") {
    for (const Expectation& expectation : expectations().all()) {
        if (!is_differentiable(expectation)) continue;
        for (std::size_t i = 0; i < expectation.inputs.size(); ++i) {
            INFO(expectation.name() << ", input " << i << " changed");
            check_change_is_noticed(expectation, i);
        }
    }
}
