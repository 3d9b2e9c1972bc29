// Gradients in f32, which come from kernels of their own, against those in f64, which finite differences have confirmed.
#include "records/expectations.h"
#include "support/close.h"

#include <knoll/core/ops/ops.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

using namespace knoll;
using namespace knoll::records;

namespace {

constexpr double gradient_tolerance = 2e-5;  // of the largest element: sums of some hundred products, each rounded by 6e-8

std::vector<Tensor> gradients(const Expectation& expectation, const Inputs& inputs, DType dtype) {
    Inputs converted = inputs, leaves;
    for (Tensor& input : converted)
        if (is_floating(input.dtype())) leaves.push_back(input = input.to(DType::f32).to(dtype).clone().set_requires_grad());
    const Tensor value = expectation.function(converted);
    return grad({value}, leaves, {.grad_outputs = {apps::normal_input(value.shape(), 7).to(DType::f32).to(dtype)}});
}

double largest(const Tensor& tensor) {
    double found = 0.0;
    for (const double value : tensor.to_vector()) found = std::max(found, std::fabs(value));
    return found;
}

void check_gradients(const Expectation& expectation, const Inputs& inputs) {
    const std::vector<Tensor> in_f32 = gradients(expectation, inputs, DType::f32), in_f64 = gradients(expectation, inputs, DType::f64);
    double scale = 0.0;
    for (const Tensor& gradient : in_f64) scale = std::max(scale, largest(gradient));
    for (std::size_t i = 0; i < in_f64.size(); ++i) {
        INFO(text(expectation.name(), ", input ", i, " of shape ", in_f64[i].shape()));
        check_close(in_f32[i].to(DType::f64), in_f64[i], gradient_tolerance, gradient_tolerance * scale);
    }
}

}  // namespace

TEST_CASE("every op, layer and loss has the gradients in f32 that it has in f64") {
    for (const Expectation& expectation : expectations().all()) {
        if (expectation.smooth_order == 0) continue;
        check_gradients(expectation, expectation.inputs);
        for (const Inputs& inputs : expectation.further) check_gradients(expectation, inputs);
    }
}
