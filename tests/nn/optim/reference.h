// Optimisers against a naive reference on one number.
#pragma once

#include <knoll/core/tensor.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

namespace knoll {

/// Takes eight steps with given gradients on an f64 and on an f32 parameter long enough for several stretches, and compares some
/// elements of each stretch with reference(weight, gradient, step from 1), which changes one weight. make(parameters) gives the
/// optimiser; make_reference() a reference with fresh state.
template <class Make, class MakeReference>
void check_against_reference(const Make& make, const MakeReference& make_reference) {
    constexpr std::int64_t count = 40001;
    const auto gradient_at = [](std::int64_t i, int step) { return std::sin(0.37 * static_cast<double>(i) + step) * (1.0 + 0.1 * step); };
    std::vector<double> start(count);
    for (std::size_t i = 0; i < start.size(); ++i) start[i] = std::cos(static_cast<double>(i));
    for (const DType dtype : {DType::f64, DType::f32}) {
        Tensor weight = tensor(start, {count}, dtype).set_requires_grad();
        auto optimizer = make(std::vector<Tensor>{weight});
        for (int step = 1; step <= 8; ++step) {
            std::vector<double> gradient(count);
            for (std::int64_t i = 0; i < count; ++i) gradient[static_cast<std::size_t>(i)] = gradient_at(i, step);
            weight.set_grad(tensor(gradient, {count}, dtype));
            optimizer->step();
        }
        const std::vector<double> values = weight.to_vector();
        std::vector<std::int64_t> compared{1, 2, 3, 4, 5, 6, 7, 16383, 16384, 32767, 32768, 39999, 40000};
        for (std::int64_t i = 0; i < count; i += 97) compared.push_back(i);
        for (const std::int64_t i : compared) {
            auto reference = make_reference();
            double expected = start[static_cast<std::size_t>(i)];
            for (int step = 1; step <= 8; ++step) reference(expected, gradient_at(i, step), step);
            INFO("element " << i << " in " << to_string(dtype));
            CHECK(values[static_cast<std::size_t>(i)] ==
                  Approx(expected).epsilon(dtype == DType::f64 ? 1e-12 : 1e-4).margin(dtype == DType::f64 ? 1e-14 : 1e-5));
        }
    }
}

}  // namespace knoll
