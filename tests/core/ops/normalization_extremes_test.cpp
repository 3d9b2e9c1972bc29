// Normalisation and var where careless sums lose all digits, overflow or divide 0 by 0, against formulas in long double.
#include "support/close.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <functional>
#include <string>

using namespace knoll;

namespace {

using Values = std::vector<double>;

struct Filling {
    std::string name;
    std::function<double(std::size_t i)> value;
};

// What fills a channel. Multiples of 1/8 around a million are exact in f32.
std::vector<Filling> fillings() {
    const auto eighths = [](std::size_t i) { return static_cast<double>(i * 37 % 64) / 8.0; };
    const auto wave = [](std::size_t i) { return std::sin(2.3 * static_cast<double>(i) + 0.7); };
    return {
        {"ordinary numbers", wave},
        {"a mean of 1e6, a spread of 1", [=](std::size_t i) { return 1e6 + eighths(i); }},
        {"a mean of -1e6, a spread of 1", [=](std::size_t i) { return -1e6 - eighths(i); }},
        {"a constant channel", [](std::size_t) { return 7.3; }},
        {"a constant channel of 1e30", [](std::size_t) { return 1e30; }},
        {"zeros", [](std::size_t) { return 0.0; }},
        {"the last place of a large mean", [](std::size_t i) { return 8388608.0 + static_cast<double>(i % 2); }},
        {"a first element of 1e4", [=](std::size_t i) { return i == 0 ? 1e4 : eighths(i); }},
        {"one element of 1e30, the first", [=](std::size_t i) { return i == 0 ? 1e30 : wave(i); }},
        {"one element of 1e30, not the first", [=](std::size_t i) { return i == 2 ? 1e30 : wave(i); }},
        {"one element of -1e30", [=](std::size_t i) { return i == 1 ? -1e30 : wave(i); }},
        {"all of the size of 1e25", [=](std::size_t i) { return 1e25 * wave(i); }},
        {"all of the size of 1e-25", [=](std::size_t i) { return 1e-25 * wave(i); }},
        {"all of the size of 1e-5", [=](std::size_t i) { return 1e-5 * wave(i); }},
    };
}

// Of one channel, in long double: what normalisation makes of it, and the gradients of the sum of that times g.
struct Reference {
    long double mean = 0, variance = 0;  // of the population
    Values normalized, gradient;
    long double of_weight = 0;
};

Reference reference(const Values& x, const Values& g, double epsilon) {
    const auto n = static_cast<long double>(x.size());
    Reference result;
    for (const double value : x) result.mean += (static_cast<long double>(value) - x[0]) / n;
    result.mean += x[0];
    for (const double value : x) result.variance += (value - result.mean) * (value - result.mean) / n;
    const long double inverse = 1 / std::sqrt(result.variance + epsilon);
    long double mean_g = 0, mean_product = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        mean_g += g[i] / n;
        mean_product += g[i] * (x[i] - result.mean) * inverse / n;
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
        const long double y = (x[i] - result.mean) * inverse;
        result.normalized.push_back(static_cast<double>(y));
        result.gradient.push_back(static_cast<double>(inverse * (g[i] - mean_g - y * mean_product)));
    }
    result.of_weight = mean_product * n;
    return result;
}

Values upstream_of(std::size_t count) {
    Values g(count);
    for (std::size_t i = 0; i < count; ++i) g[i] = std::cos(1.7 * static_cast<double>(i));
    return g;
}

// Elements by (outer, channel, inner), every channel filled alike, so that one reference serves all.
struct Layout {
    std::int64_t outer, channels, inner;

    Shape shape() const { return inner == 1 ? Shape{outer, channels} : Shape{outer, channels, inner}; }
    std::size_t count() const { return static_cast<std::size_t>(outer * inner); }
    Tensor spread(const Values& channel, DType dtype) const {
        Values all;
        for (std::int64_t o = 0; o < outer; ++o)
            for (std::int64_t c = 0; c < channels; ++c)
                for (std::int64_t i = 0; i < inner; ++i) all.push_back(channel[static_cast<std::size_t>(o * inner + i)]);
        return tensor(all, shape(), dtype);
    }
};

// As the type holds them.
Values rounded(const Values& values, DType dtype) { return tensor(values, Shape{static_cast<std::int64_t>(values.size())}, dtype).to_vector(); }

double largest_of(const Values& values) {
    double largest = 0;
    for (const double value : values) largest = std::max(largest, std::abs(value));
    return largest;
}

void check_like(const Tensor& got, const Tensor& expected, double accuracy) {
    check_close(got, expected, accuracy, accuracy * largest_of(expected.to_vector()));
}

}  // namespace

TEST_CASE("batch normalisation is right in value, statistics and gradients whatever fills its channels") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    const Layout layout = GENERATE(Layout{40, 3, 1}, Layout{5, 2, 17}, Layout{1, 2, 600});
    const Filling one = GENERATE(from_range(fillings()));
    CAPTURE(to_string(dtype), layout.shape(), one.name);
    const double accuracy = dtype == DType::f32 ? 1e-5 : 1e-9;
    Values filling(layout.count());
    for (std::size_t i = 0; i < filling.size(); ++i) filling[i] = one.value(i);
    filling = rounded(filling, dtype);
    const Values g = upstream_of(layout.count());
    const Tensor x = layout.spread(filling, dtype).set_requires_grad(), upstream = layout.spread(g, dtype);
    const Reference expected = reference(filling, upstream_of(layout.count()), 1e-5);
    const double count = static_cast<double>(layout.count());

    const Tensor weight = ones({layout.channels}, dtype).set_requires_grad();
    const Tensor mean = zeros({layout.channels}, dtype), variance = ones({layout.channels}, dtype);
    const Tensor y = batch_norm(x, weight, {}, mean, variance, {.momentum = 1.0});
    check_like(y.detach(), layout.spread(expected.normalized, dtype), accuracy);
    check_close(mean, full({layout.channels}, static_cast<double>(expected.mean), DType::f64).to(dtype), accuracy,
                accuracy * std::sqrt(static_cast<double>(expected.variance)));
    check_close(variance, full({layout.channels}, static_cast<double>(expected.variance * count / (count - 1)), DType::f64).to(dtype), accuracy, 0);
    for (const bool recorded : {false, true}) {
        CAPTURE(recorded);
        const auto gradients = grad({y}, {x, weight}, {.grad_outputs = {upstream}, .create_graph = recorded, .retain_graph = true});
        check_like(gradients[0].detach(), layout.spread(expected.gradient, dtype), 20 * accuracy);
        check_close(gradients[1].detach(), full({layout.channels}, static_cast<double>(expected.of_weight), dtype), 20 * accuracy, accuracy);
        if (recorded)
            for (const double value : grad(gradients[0], x, {.grad_outputs = {upstream}}).to_vector()) CHECK(std::isfinite(value));
    }
    const Tensor rectified = batch_norm_relu(x, weight, {}, {}, {});
    check_like(rectified.detach(), relu(layout.spread(expected.normalized, dtype)), accuracy);
}

TEST_CASE("layer and group normalisation are right in value and gradient whatever fills their rows") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    const Filling one = GENERATE(from_range(fillings()));
    CAPTURE(to_string(dtype), one.name);
    const double accuracy = dtype == DType::f32 ? 1e-5 : 1e-9;
    constexpr std::size_t count = 48;
    Values filling(count);
    for (std::size_t i = 0; i < count; ++i) filling[i] = one.value(i);
    filling = rounded(filling, dtype);
    const Reference expected = reference(filling, upstream_of(count), 1e-5);
    const Layout rows{1, 4, count};
    const Tensor normalized = rows.spread(expected.normalized, dtype), gradient = rows.spread(expected.gradient, dtype);
    const Tensor upstream = rows.spread(upstream_of(count), dtype), x = rows.spread(filling, dtype).set_requires_grad();
    const auto layer = [&] { return reshape(layer_norm(reshape(x, {4, count}), {count}), x.shape()); };
    const auto group = [&] { return reshape(group_norm(reshape(x, {2, 12, 8}), 2), x.shape()); };
    for (const Tensor& y : {layer(), group()}) {
        check_like(y.detach(), normalized, accuracy);
        for (const bool recorded : {false, true})
            check_like(grad(y, x, {.grad_outputs = {upstream}, .create_graph = recorded, .retain_graph = true}).detach(), gradient, 20 * accuracy);
    }
}

TEST_CASE("var is right whatever it is of, over any dimensions") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    const Filling one = GENERATE(from_range(fillings()));
    CAPTURE(to_string(dtype), one.name);
    const Layout layout{4, 3, 30};
    Values filling(layout.count());
    for (std::size_t i = 0; i < filling.size(); ++i) filling[i] = one.value(i);
    filling = rounded(filling, dtype);
    const Reference expected = reference(filling, filling, 0);
    const double count = static_cast<double>(layout.count()), accuracy = dtype == DType::f32 ? 1e-5 : 1e-9;
    const Tensor x = layout.spread(filling, dtype).set_requires_grad();
    const Tensor result = var(x, {0, 2});
    check_close(result.detach(), full({3}, static_cast<double>(expected.variance * count / (count - 1)), DType::f64).to(dtype), accuracy, 0);
    Values slopes;
    for (const double value : filling) slopes.push_back(static_cast<double>(2 * (value - expected.mean) / (count - 1)));
    for (const bool recorded : {false, true})
        check_like(grad(sum(result), x, {.create_graph = recorded, .retain_graph = true}).detach(), layout.spread(slopes, dtype), accuracy);
}

TEST_CASE("the mean of numbers whose sum overflows is theirs") {
    const Tensor x = full({2, 3, 2}, 3e38);
    CHECK(mean(x).item() == Approx(3e38));
    for (const double value : mean(x, {0, 2}).to_vector()) CHECK(value == Approx(3e38));
}

TEST_CASE("the variance keeps its digits where the first of very many elements lies far off") {
    // Distances from the first element, all of one size, round alike, and the error adds up with their number.
    const std::int64_t count = 200'000;
    Values values(static_cast<std::size_t>(count), 0.0);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = i % 2 == 0 ? 0.5 : -0.5;
    values[0] = 100.3;
    const Tensor x = tensor(values, {1, 1, count}), variance = ones({1});
    const Reference expected = reference(x.to_vector(), x.to_vector(), 0);
    batch_norm(x, {}, {}, {}, variance, {.momentum = 1.0});
    CHECK(variance.item() == Approx(static_cast<double>(expected.variance) * count / (count - 1)).epsilon(1e-6));
}
