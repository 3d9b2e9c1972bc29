// Values of everything against loops as plain as can be, on all kinds of shapes and with everything that a float can be.
#include "records/expectations.h"
#include "support/close.h"
#include "support/sample.h"

#include <knoll/core/parallel.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace knoll;
using namespace knoll::records;

namespace {

Inputs converted(const Inputs& inputs, DType dtype) {
    Inputs result;
    for (const Tensor& input : inputs) result.push_back(is_floating(input.dtype()) ? input.to(dtype) : input);
    return result;
}

// By how much f32 may be off, as a part of the largest value: a few roundings, each of 6e-8.
double tolerance(DType dtype) { return dtype == DType::f64 ? 1e-12 : 4e-6; }

double smallest_normal(DType dtype) { return dtype == DType::f64 ? std::numeric_limits<double>::min() : std::numeric_limits<float>::min(); }

double largest(const Naive& values) {
    double found = 0.0;
    for (const double value : values.values)
        if (std::isfinite(value)) found = std::max(found, std::fabs(value));
    return found;
}

// What a kernel reads: a zero for every denormal number while these are flushed.
Naive as_read(const Tensor& tensor) {
    Naive read = naive(tensor);
    if (tensor.dtype() == DType::f32 && flush_denormals())
        for (double& value : read.values)
            if (std::fabs(value) < std::numeric_limits<float>::min()) value = std::copysign(0.0, value);
    return read;
}

void check_value(const Expectation& expectation, const Inputs& inputs, DType dtype) {
    const Inputs rounded = converted(inputs, dtype);
    std::vector<Naive> plain;
    for (const Tensor& input : rounded) plain.push_back(as_read(input));
    const Naive expected = expectation.reference(plain);
    const Tensor value = expectation.function(rounded);
    INFO(text(expectation.name(), ", ", dtype, ", first input of shape ", inputs.empty() ? Shape{} : inputs[0].shape()));
    const Tensor in_range = is_floating(value.dtype()) ? to_tensor(expected).to(value.dtype()).to(DType::f64) : to_tensor(expected);
    const double atol = tolerance(dtype) * largest(naive(in_range)) + smallest_normal(dtype);
    check_close(value.to(DType::f64), in_range, 10.0 * tolerance(dtype), atol);
}

// What has larger inputs takes long, and has small ones elsewhere.
constexpr std::int64_t most_nasty = 256;

// The inputs again and again, each time with one element of one input made something that spoils sums and products.
std::vector<Inputs> nasty_inputs(const Inputs& inputs) {
    const double infinity = std::numeric_limits<double>::infinity();
    std::vector<Inputs> nasty;
    if (std::any_of(inputs.begin(), inputs.end(), [](const Tensor& input) { return input.numel() > most_nasty; })) return nasty;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i].dtype() != DType::f64) continue;
        for (const std::int64_t element : {std::int64_t{0}, inputs[i].numel() / 2})
            for (const double value : {std::nan(""), infinity, -infinity, 0.0, -0.0, 1e-40, -1e-40}) {
                nasty.push_back(inputs);
                nasty.back()[i] = with_element(inputs[i], element, value);
            }
    }
    return nasty;
}

void check_nasty_inputs(DType dtype) {
    for (const Expectation& expectation : expectations().all()) {
        if (expectation.finite_only) continue;
        for (const Inputs& inputs : nasty_inputs(expectation.inputs)) {
            try {
                check_value(expectation, inputs, dtype);
            } catch (const ValueError&) {  // losses refuse logits that are not finite
            }
        }
    }
}

class KeepDenormals {
public:
    KeepDenormals() { set_flush_denormals(false); }
    ~KeepDenormals() { set_flush_denormals(true); }
    KeepDenormals(const KeepDenormals&) = delete;
    KeepDenormals& operator=(const KeepDenormals&) = delete;
};

}  // namespace

TEST_CASE("every op, layer and loss has the value of plain loops") {
    for (const Expectation& expectation : expectations().all())
        for (const DType dtype : {DType::f64, DType::f32}) check_value(expectation, expectation.inputs, dtype);
}

TEST_CASE("every op, layer and loss has the value of plain loops on shapes that make trouble") {
    for (const Expectation& expectation : expectations().all())
        for (const Inputs& inputs : expectation.further)
            for (const DType dtype : {DType::f64, DType::f32}) check_value(expectation, inputs, dtype);
}

TEST_CASE("infinities, NaN and zeros give what plain loops give, or an error, and denormals what zeros give") {
    for (const DType dtype : {DType::f64, DType::f32}) check_nasty_inputs(dtype);
}

TEST_CASE("denormals that are not flushed give what plain loops give, or an error") {
    const KeepDenormals guard;
    check_nasty_inputs(DType::f32);
}
