// Reductions of more than one chunk against plain loops: sums, means, variances, extremes and where they stand, over the first, a middle and
// the last dimension, with their gradients.
#include "support/plain.h"

#include <knoll/core/autograd.h>
#include <knoll/core/ops/order.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

// [outer, reduced, inner], reduced in the middle.
struct ReducedExtents {
    std::int64_t outer, reduced, inner;

    std::int64_t results() const { return outer * inner; }
    Shape shape() const { return {outer, reduced, inner}; }
    std::size_t result_of(std::int64_t i) const { return static_cast<std::size_t>(i / (reduced * inner) * inner + i % inner); }
    std::int64_t position_of(std::int64_t i) const { return i / inner % reduced; }
};

// A chunk has 32768 elements, a tile 128 columns.
const std::vector<ReducedExtents>& reduced_extents() {
    static const std::vector<ReducedExtents> all{{1, 32767, 1}, {1, 32768, 1}, {1, 32769, 1}, {2, 65536, 1}, {3, 70001, 1}, {700, 130, 1},
                                                 {252, 130, 1}, {253, 130, 1}, {1, 256, 128}, {1, 255, 129}, {1, 257, 127}, {2, 600, 300},
                                                 {1, 40000, 2}, {1, 16384, 2}, {3, 16385, 2}, {3, 5, 700},   {90, 37, 11},  {5, 31, 33},
                                                 {1, 8, 40000}, {4, 7, 1},     {3, 1, 129},   {2000, 17, 3}};
    return all;
}

// For every result, over its elements in order.
struct PlainStatistics {
    Doubles sum, mean, variance, largest, smallest, first_largest, first_smallest, equal_to_largest, equal_to_smallest;
};

PlainStatistics plain_statistics(const ReducedExtents& e, const Doubles& x) {
    const auto results = static_cast<std::size_t>(e.results());
    PlainStatistics s{Doubles(results), Doubles(results), Doubles(results), Doubles(results, -1e300), Doubles(results, 1e300),
                      Doubles(results), Doubles(results), Doubles(results), Doubles(results)};
    const auto visit = [&](const auto& body) {
        for (std::int64_t i = 0; i < static_cast<std::int64_t>(x.size()); ++i)
            body(e.result_of(i), x[static_cast<std::size_t>(i)], static_cast<double>(e.position_of(i)));
    };
    visit([&](std::size_t at, double value, double position) {
        s.sum[at] += value;
        if (value > s.largest[at]) {
            s.largest[at] = value;
            s.first_largest[at] = position;
        }
        if (value < s.smallest[at]) {
            s.smallest[at] = value;
            s.first_smallest[at] = position;
        }
    });
    for (std::size_t at = 0; at < results; ++at) s.mean[at] = s.sum[at] / static_cast<double>(e.reduced);
    visit([&](std::size_t at, double value, double) {
        s.variance[at] += (value - s.mean[at]) * (value - s.mean[at]) / static_cast<double>(e.reduced - 1);
        s.equal_to_largest[at] += value == s.largest[at] ? 1.0 : 0.0;
        s.equal_to_smallest[at] += value == s.smallest[at] ? 1.0 : 0.0;
    });
    return s;
}

// The gradient of x where element i of result r gets slope(r, i) times the result's.
template <class Slope>
Doubles reduced_gradient(const ReducedExtents& e, const Doubles& upstream, const Slope& slope) {
    Doubles gradient;
    for (std::int64_t i = 0; i < e.outer * e.reduced * e.inner; ++i) {
        const std::size_t at = e.result_of(i);
        gradient.push_back(upstream[at] * slope(at, static_cast<std::size_t>(i)));
    }
    return gradient;
}

}  // namespace

TEST_CASE("sums, means and variances over several chunks are those of plain loops, with their gradients", "[chunks]") {
    for (const ReducedExtents& e : reduced_extents())
        for (const DType dtype : {DType::f32, DType::f64}) {
            CAPTURE(e.outer, e.reduced, e.inner, to_string(dtype));
            const Tensor x = drawn(e.shape(), dtype, 1).set_requires_grad(), upstream = drawn({e.outer, e.inner}, dtype, 2);
            const Doubles values = x.to_vector(), g = upstream.to_vector();
            const PlainStatistics expected = plain_statistics(e, values);
            const auto count = static_cast<double>(e.reduced);
            const double rounding = dtype == DType::f32 ? 1e-6 : 1e-12;
            const Tensor total = sum(x, 1), average = mean(x, 1);
            check_near("sums", total, expected.sum, rounding);
            check_near("means", average, expected.mean, rounding);
            check_near("gradient of the sums", grad(total, x, {.grad_outputs = {upstream}}), reduced_gradient(e, g, [](auto, auto) { return 1.0; }), rounding);
            check_near("gradient of the means", grad(average, x, {.grad_outputs = {upstream}}), reduced_gradient(e, g, [=](auto, auto) { return 1.0 / count; }),
                       rounding);
            if (e.reduced == 1) continue;
            const Tensor variance = var(x, 1);
            check_near("variances", variance, expected.variance, rounding);
            check_near("gradient of the variances", grad(variance, x, {.grad_outputs = {upstream}}),
                       reduced_gradient(e, g, [&](std::size_t at, std::size_t i) { return 2.0 * (values[i] - expected.mean[at]) / (count - 1); }), rounding);
        }
}

TEST_CASE("extremes over several chunks, many of them equal, are those of plain loops, and so are their places and gradients", "[chunks]") {
    for (const ReducedExtents& e : reduced_extents())
        for (const DType dtype : {DType::f32, DType::f64, DType::i64, DType::u8}) {
            CAPTURE(e.outer, e.reduced, e.inner, to_string(dtype));
            Doubles numbers = drawn_numbers(e.shape().numel(), 3, 100);
            for (double& value : numbers) value = std::round(value * 100) + 100;
            const Tensor x = tensor(numbers, e.shape(), dtype);
            const PlainStatistics expected = plain_statistics(e, numbers);
            CHECK(max(x, 1).to_vector() == expected.largest);
            CHECK(min(x, 1).to_vector() == expected.smallest);
            CHECK(argmax(x, 1).to_vector() == expected.first_largest);
            CHECK(argmin(x, 1).to_vector() == expected.first_smallest);
            if (!is_floating(dtype)) {
                CHECK(sum(x, 1).to_vector() == expected.sum);
                continue;
            }
            const Tensor leaf = x.clone().set_requires_grad(), upstream = drawn({e.outer, e.inner}, dtype, 4);
            const Doubles g = upstream.to_vector();
            check_near("gradient of the largest", grad(max(leaf, 1), leaf, {.grad_outputs = {upstream}}),
                       reduced_gradient(
                           e, g, [&](std::size_t at, std::size_t i) { return numbers[i] == expected.largest[at] ? 1 / expected.equal_to_largest[at] : 0; }),
                       1e-7);
            check_near("gradient of the smallest", grad(min(leaf, 1), leaf, {.grad_outputs = {upstream}}),
                       reduced_gradient(
                           e, g, [&](std::size_t at, std::size_t i) { return numbers[i] == expected.smallest[at] ? 1 / expected.equal_to_smallest[at] : 0; }),
                       1e-7);
        }
}

TEST_CASE("an extreme is found wherever in several chunks it stands, and a NaN likewise", "[chunks]") {
    for (const ReducedExtents& e : {ReducedExtents{1, 70001, 1}, ReducedExtents{2, 600, 300}, ReducedExtents{3, 5, 700}, ReducedExtents{90, 37, 11}}) {
        const std::int64_t count = e.shape().numel();
        const Doubles numbers = drawn_numbers(count, 5, 64);
        for (std::int64_t at = 0; at < count; at += count / 23) {
            CAPTURE(e.outer, e.reduced, e.inner, at);
            for (const double extreme : {2.0, -2.0, std::nan("")}) {
                Doubles changed = numbers;
                changed[static_cast<std::size_t>(at)] = extreme;
                const Tensor x = tensor(changed, e.shape(), DType::f32);
                const auto result = static_cast<std::int64_t>(e.result_of(at));
                const auto found = [&](const Tensor& of) { return reshape(of, {e.results()}).to_vector()[static_cast<std::size_t>(result)]; };
                if (!(extreme < 0)) CHECK(found(argmax(x, 1)) == static_cast<double>(e.position_of(at)));
                if (!(extreme > 0)) CHECK(found(argmin(x, 1)) == static_cast<double>(e.position_of(at)));
                if (!(extreme < 0)) CHECK((found(max(x, 1)) == extreme || (std::isnan(extreme) && std::isnan(found(max(x, 1))))));
                if (!(extreme > 0)) CHECK((found(min(x, 1)) == extreme || (std::isnan(extreme) && std::isnan(found(min(x, 1))))));
            }
        }
    }
}

TEST_CASE("reductions over any of three large dimensions are those of plain loops", "[chunks]") {
    const Shape shape{41, 37, 67};
    for (const DType dtype : {DType::f32, DType::f64})
        for (int which = 1; which < 8; ++which) {
            CAPTURE(which, to_string(dtype));
            Dims dims;
            for (int d = 0; d < 3; ++d)
                if ((which >> d & 1) != 0) dims.push_back(d);
            const Tensor x = drawn(shape, dtype, 6);
            const Doubles values = x.to_vector();
            std::int64_t kept[3], results = 1, reduced = 1;
            for (int d = 0; d < 3; ++d) {
                kept[d] = (which >> d & 1) != 0 ? 1 : shape[d];
                results *= kept[d];
                reduced *= shape[d] / kept[d];
            }
            const auto place = [&](std::size_t i) {
                const auto flat = static_cast<std::int64_t>(i);
                const std::int64_t a = flat / (shape[1] * shape[2]), b = flat / shape[2] % shape[1], c = flat % shape[2];
                return static_cast<std::size_t>(((kept[0] == 1 ? 0 : a) * kept[1] + (kept[1] == 1 ? 0 : b)) * kept[2] + (kept[2] == 1 ? 0 : c));
            };
            const auto size = static_cast<std::size_t>(results);
            Doubles total(size), average(size), variance(size), largest(size, -2), exponentials(size);
            for (std::size_t i = 0; i < values.size(); ++i) {
                total[place(i)] += values[i];
                largest[place(i)] = std::max(largest[place(i)], values[i]);
                exponentials[place(i)] += std::exp(values[i]);
            }
            for (std::size_t r = 0; r < size; ++r) {
                average[r] = total[r] / static_cast<double>(reduced);
                exponentials[r] = std::log(exponentials[r]);
            }
            for (std::size_t i = 0; i < values.size(); ++i)
                variance[place(i)] += (values[i] - average[place(i)]) * (values[i] - average[place(i)]) / static_cast<double>(reduced);
            const double rounding = dtype == DType::f32 ? 1e-6 : 1e-12;
            check_near("sums", sum(x, dims), total, rounding);
            check_near("means", mean(x, dims), average, rounding);
            check_near("variances", var(x, dims, false, 0), variance, rounding);
            check_near("log-sum-exps", logsumexp(x, dims), exponentials, rounding);
            CHECK(max(x, dims).to_vector() == largest);
        }
}
