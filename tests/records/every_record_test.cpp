// What must hold of every op, layer and loss alike, whatever it computes. Their derivatives are checked by `knoll gradcheck`.
#include <knoll/apps/gradcheck/record.h>
#include <knoll/core/ops/ops.h>

#include "support/sample.h"
#include "support/threads.h"

#include <catch2/catch.hpp>

#include <cstring>
#include <limits>

using namespace knoll;
using namespace knoll::apps;

namespace {

// The value, and the gradients of a weighted sum of its elements by every input that has one.
std::vector<Tensor> value_and_gradients(const CheckRecord& record) {
    std::vector<Tensor> inputs, differentiable;
    for (const Tensor& input : record.inputs) {
        const bool has_gradient = is_floating(input.dtype());
        inputs.push_back(has_gradient ? leaf(input) : input);
        if (has_gradient) differentiable.push_back(inputs.back());
    }
    const Tensor value = record.function(inputs);
    const Tensor upstream = normal_input(value.shape(), 7);
    std::vector<Tensor> results = grad({sum(value * upstream)}, differentiable);
    results.push_back(value.detach());
    return results;
}

bool have_same_bits(const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() && std::memcmp(a.data<double>().data(), b.data<double>().data(), static_cast<std::size_t>(a.numel()) * sizeof(double)) == 0;
}

// Leaves NaN in the memory that the next tensors will be given.
void poison_free_memory() {
    std::vector<Tensor> poison;
    for (const std::int64_t size : {1, 4, 16, 64, 256, 1024, 4096})
        for (int i = 0; i < 32; ++i) poison.push_back(full({size}, std::numeric_limits<double>::quiet_NaN(), DType::f64));
}

std::vector<CheckRecord> differentiable_records() {
    std::vector<CheckRecord> records;
    for (CheckRecord& record : check_records())
        if (record.no_gradient.empty()) records.push_back(std::move(record));
    return records;
}

}  // namespace

TEST_CASE("every op, layer and loss has the same bits at any number of threads") {
    for (const CheckRecord& record : differentiable_records()) {
        INFO(record.kind << ' ' << record.name());
        check_same_bits([&] { return value_and_gradients(record); });
    }
}

TEST_CASE("no op, layer or loss reads memory that it has not written") {
    for (const CheckRecord& record : differentiable_records()) {
        INFO(record.kind << ' ' << record.name());
        const std::vector<Tensor> clean = value_and_gradients(record);
        poison_free_memory();
        const std::vector<Tensor> poisoned = value_and_gradients(record);
        REQUIRE(clean.size() == poisoned.size());
        for (std::size_t i = 0; i < clean.size(); ++i) CHECK(have_same_bits(clean[i], poisoned[i]));
    }
}
