#include "support/threads.h"

#include <knoll/core/kernels/sum.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace knoll;

namespace {

// A fixed sequence in [-1, 1] that has no period within reach.
std::vector<double> summands(std::size_t count) {
    std::vector<double> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = std::sin(static_cast<double>(i) * 1.7 + 0.3);
    return values;
}

template <class T>
std::vector<T> sum_with(const std::vector<T>& x, std::int64_t outer, std::int64_t reduced, std::int64_t inner) {
    std::vector<T> out(static_cast<std::size_t>(outer * inner), T(-1));
    kernels::sum_middle(x.data(), outer, reduced, inner, out.data());
    return out;
}

}  // namespace

TEST_CASE("sums over any dimension equal the naive sum") {
    struct Size {
        std::int64_t outer, reduced, inner;
    };
    for (const auto& [outer, reduced, inner] :
         {Size{1, 1, 1}, Size{3, 7, 1}, Size{2, 40000, 1}, Size{1, 70001, 1}, Size{3, 5, 2}, Size{2, 9, 129}, Size{1, 3000, 130}, Size{2, 70001, 3}}) {
        CAPTURE(outer, reduced, inner);
        const auto x = summands(static_cast<std::size_t>(outer * reduced * inner));
        const auto sums = sum_with(x, outer, reduced, inner);
        for (std::int64_t o = 0; o < outer; ++o)
            for (std::int64_t i = 0; i < inner; ++i) {
                double expected = 0;
                for (std::int64_t r = 0; r < reduced; ++r) expected += x[static_cast<std::size_t>((o * reduced + r) * inner + i)];
                CHECK(sums[static_cast<std::size_t>(o * inner + i)] == Approx(expected).margin(1e-10));
            }
    }
}

TEST_CASE("a sum of nothing is zero") {
    CHECK(sum_with(std::vector<float>{}, 2, 0, 1) == std::vector<float>{0, 0});
    CHECK(sum_with(std::vector<double>{}, 1, 0, 3) == std::vector<double>{0, 0, 0});
    CHECK(sum_with(std::vector<std::int64_t>{}, 0, 4, 1).empty());
}

TEST_CASE("a float sum over sixteen million elements is exact to rounding") {
    const std::int64_t count = std::int64_t{1} << 24;
    const std::vector<float> x(static_cast<std::size_t>(count), 0.1F);
    const double expected = static_cast<double>(0.1F) * static_cast<double>(count);
    CHECK(sum_with(x, 1, count, 1)[0] == Approx(expected).epsilon(1e-7));
    for (const float column : sum_with(x, 1, count / 16, 16)) CHECK(column == Approx(expected / 16).epsilon(1e-7));
}

TEST_CASE("integers beyond what a double can hold are summed exactly") {
    const std::int64_t large = (std::int64_t{1} << 53) + 1;
    CHECK(sum_with(std::vector<std::int64_t>{large, large, 1}, 1, 3, 1)[0] == 2 * large + 1);
}

TEST_CASE("sums have the same bits at any number of threads") {
    std::vector<float> x(300000);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(std::sin(static_cast<double>(i)));
    check_same_bits([&] {
        const auto rows = sum_with(x, 1, 300000, 1), columns = sum_with(x, 1, 100000, 3);
        return std::vector<Tensor>{from_data<float>({1}, rows), from_data<float>({3}, columns)};
    });
}

TEST_CASE("a sum of a hundred million floats keeps six digits") {
    // Added one by one in float, it would stop growing at 2^24 times the largest element.
    constexpr std::int64_t count = 100'000'000;
    std::vector<float> x(static_cast<std::size_t>(count));
    double expected = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = static_cast<float>(i % 1009) * 0.001F;
        expected += static_cast<double>(x[i]);
    }
    CHECK(static_cast<double>(sum_with(x, 1, count, 1)[0]) == Approx(expected).epsilon(1e-6));
    CHECK(static_cast<double>(sum_with(x, 1, count / 4, 4)[3]) == Approx(expected / 4).epsilon(1e-6));
}
