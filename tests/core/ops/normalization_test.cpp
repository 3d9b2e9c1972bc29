#include "support/close.h"
#include "support/golden_ops.h"
#include "support/sample.h"
#include "support/threads.h"

#include <knoll/core/autograd.h>
#include <knoll/core/gradcheck.h>
#include <knoll/core/ops/activation.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/normalization.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace knoll;

namespace {

// Normalises the elements that share a key, in two passes of doubles.
template <class Key>
Tensor naive(const Tensor& x, const Key& key, double epsilon) {
    const auto values = x.to_vector();
    std::vector<double> out(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        double count = 0, total = 0, squares = 0;
        for (std::size_t j = 0; j < values.size(); ++j)
            if (key(j) == key(i)) {
                count += 1;
                total += values[j];
            }
        for (std::size_t j = 0; j < values.size(); ++j)
            if (key(j) == key(i)) squares += (values[j] - total / count) * (values[j] - total / count);
        out[i] = (values[i] - total / count) / std::sqrt(squares / count + epsilon);
    }
    return tensor(out, x.shape(), x.dtype());
}

double normalization_tolerance(DType dtype) { return dtype == DType::f32 ? 2e-5 : 1e-11; }

Tensor at(const std::vector<Tensor>& inputs, std::size_t i) { return i < inputs.size() ? inputs[i] : Tensor{}; }

// The inputs of batch_norm_relu; what is switched off is undefined.
struct Rectified {
    Rectified(const Shape& shape, DType dtype, bool has_weight, bool has_bias, bool has_shortcut) {
        Rng rng{41};
        const auto draw = [&](const Shape& of) { return randn(of, rng, dtype).set_requires_grad(); };
        const Shape channels{shape[1]};
        x = (randn(shape, rng, dtype) * 2.0 + 1.0).set_requires_grad();
        if (has_weight) weight = draw(channels);
        if (has_bias) bias = draw(channels);
        if (has_shortcut) shortcut = draw(shape);
        mean = randn(channels, rng, dtype);
        variance = rand(channels, rng, dtype) + 0.5;
        upstream = randn(shape, rng, dtype);
    }
    Tensor fused(const BatchNormOptions& options = {}) const { return batch_norm_relu(x, weight, bias, mean, variance, options, shortcut); }
    Tensor composed(const BatchNormOptions& options = {}) const {
        const Tensor y = batch_norm(x, weight, bias, mean, variance, options);
        return relu(shortcut.defined() ? y + shortcut : y);
    }
    std::vector<Tensor> inputs() const {
        std::vector<Tensor> found;
        for (const Tensor& input : {x, weight, bias, shortcut})
            if (input.defined()) found.push_back(input);
        return found;
    }

    Tensor x, weight, bias, shortcut, mean, variance, upstream;
};

}  // namespace

TEST_CASE("batch normalisation agrees with plain loops") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    const Shape shape = GENERATE(Shape{7, 5}, Shape{3, 130}, Shape{2, 3, 4}, Shape{4, 3, 5, 7}, Shape{1, 2, 3, 1}, Shape{2, 3, 2, 2, 2});
    Rng rng{31};
    const Tensor x = randn(shape, rng, dtype) * 3.0 + 2.0, weight = randn({shape[1]}, rng, dtype), bias = randn({shape[1]}, rng, dtype);
    const std::size_t channels = static_cast<std::size_t>(shape[1]),
                      inner = static_cast<std::size_t>(x.numel()) / (channels * static_cast<std::size_t>(shape[0]));
    const Tensor expected = naive(
        x, [=](std::size_t i) { return i / inner % channels; }, 1e-3);
    check_close(batch_norm(x, {}, {}, {}, {}, {.epsilon = 1e-3}), expected, normalization_tolerance(dtype), normalization_tolerance(dtype));
    Shape column{shape[1]};
    for (std::int64_t i = 2; i < shape.rank(); ++i) column.push_back(1);
    check_close(batch_norm(x, weight, bias, {}, {}, {.epsilon = 1e-3}), expected * reshape(weight, column) + reshape(bias, column),
                normalization_tolerance(dtype), normalization_tolerance(dtype));
}

TEST_CASE("layer and group normalisation agree with plain loops") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    Rng rng{32};
    const Tensor x = randn({3, 6, 5}, rng, dtype) + 4.0;
    check_close(layer_norm(x, {5}),
                naive(
                    x, [](std::size_t i) { return i / 5; }, 1e-5),
                normalization_tolerance(dtype), normalization_tolerance(dtype));
    check_close(layer_norm(x, {6, 5}),
                naive(
                    x, [](std::size_t i) { return i / 30; }, 1e-5),
                normalization_tolerance(dtype), normalization_tolerance(dtype));
    check_close(group_norm(x, 2),
                naive(
                    x, [](std::size_t i) { return i / 15; }, 1e-5),
                normalization_tolerance(dtype), normalization_tolerance(dtype));
    const Tensor weight = randn({6}, rng, dtype), bias = randn({6}, rng, dtype);
    check_close(group_norm(x, 3, weight, bias), group_norm(x, 3) * reshape(weight, {6, 1}) + reshape(bias, {6, 1}), normalization_tolerance(dtype),
                normalization_tolerance(dtype));
    const Tensor scale = randn({6, 5}, rng, dtype), shift = randn({6, 5}, rng, dtype);
    check_close(layer_norm(x, {6, 5}, scale, shift), layer_norm(x, {6, 5}) * scale + shift, normalization_tolerance(dtype), normalization_tolerance(dtype));
}

TEST_CASE("normalisation agrees with PyTorch") {
    for (const GoldenOp& golden : golden_ops("batch_norm_train")) {
        const Tensor mean = golden.inputs[3].clone(), variance = golden.inputs[4].clone();
        const BatchNormOptions options{.momentum = golden.options.at("momentum").get<double>(), .epsilon = golden.options.at("eps").get<double>()};
        check_golden(golden, [&](const std::vector<Tensor>& in) { return batch_norm(in[0], in[1], in[2], mean, variance, options); });
        check_close(mean, golden_tensor(golden.extra_outputs.at("running_mean")), 1e-12, 1e-14);
        check_close(variance, golden_tensor(golden.extra_outputs.at("running_var")), 1e-12, 1e-14);
    }
    for (const GoldenOp& golden : golden_ops("batch_norm_eval")) {
        const BatchNormOptions options{.training = false, .epsilon = golden.options.at("eps").get<double>()};
        check_golden(golden, [&](const std::vector<Tensor>& in) { return batch_norm(in[0], in[1], in[2], in[3], in[4], options); });
    }
    for (const GoldenOp& golden : golden_ops("layer_norm")) {
        Shape shape;
        for (const std::int64_t extent : golden.options.at("normalized_shape")) shape.push_back(extent);
        check_golden(golden,
                     [&](const std::vector<Tensor>& in) { return layer_norm(in[0], shape, at(in, 1), at(in, 2), golden.options.at("eps").get<double>()); });
    }
    for (const GoldenOp& golden : golden_ops("group_norm")) {
        const auto groups = golden.options.at("groups").get<std::int64_t>();
        check_golden(golden,
                     [&](const std::vector<Tensor>& in) { return group_norm(in[0], groups, at(in, 1), at(in, 2), golden.options.at("eps").get<double>()); });
    }
}

TEST_CASE("the derivatives of normalisation are right to third order") {
    Rng rng{33};
    const auto draw = [&](const Shape& shape) { return randn(shape, rng, DType::f64); };
    const auto batch = [](const std::vector<Tensor>& in) { return batch_norm(in[0], in[1], in[2], {}, {}, {.epsilon = 0.1}); };
    check_derivatives(3, batch, {draw({4, 3}), draw({3}), draw({3})});
    check_derivatives(2, batch, {draw({2, 2, 2, 3}), draw({2}), draw({2})});
    check_derivatives(2, [](const std::vector<Tensor>& in) { return batch_norm(in[0], {}, {}, {}, {}, {.epsilon = 0.1}); }, {draw({3, 2, 2})});
    check_derivatives(2,
                      [](const std::vector<Tensor>& in) {
                          return layer_norm(in[0], {2, 2}, in[1], in[2], 0.1);
                      },
                      {draw({2, 2, 2}), draw({2, 2}), draw({2, 2})});
    check_derivatives(2, [](const std::vector<Tensor>& in) { return group_norm(in[0], 2, in[1], in[2], 0.1); }, {draw({2, 4, 2}), draw({4}), draw({4})});
}

TEST_CASE("the derivatives of batch normalisation by running statistics are right to second order") {
    Rng rng{34};
    const Tensor mean = randn({3}, rng, DType::f64), variance = rand({3}, rng, DType::f64) + 0.5;
    const auto f = [&](const std::vector<Tensor>& in) { return batch_norm(in[0], at(in, 1), at(in, 2), mean, variance, {.training = false}); };
    check_derivatives(2, f, {randn({2, 3, 2}, rng, DType::f64), randn({3}, rng, DType::f64), randn({3}, rng, DType::f64)});
    // Without a weight the op is linear, and has no second derivatives to check.
    check_derivatives(1, f, {randn({2, 3}, rng, DType::f64)});
}

TEST_CASE("the fused gradients of normalisation are those of its composition from differentiable ops") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    const Shape shape = GENERATE(Shape{33, 200}, Shape{9, 5, 17, 13});
    Rng rng{35};
    const Tensor x = (randn(shape, rng, dtype) + 1.0).set_requires_grad();
    const Tensor weight = randn({shape[1]}, rng, dtype).set_requires_grad(), bias = randn({shape[1]}, rng, dtype).set_requires_grad();
    const Tensor upstream = randn(shape, rng, dtype);
    const auto gradients = [&](bool create_graph) {
        return grad({batch_norm(x, weight, bias, {}, {})}, {x, weight, bias}, {.grad_outputs = {upstream}, .create_graph = create_graph});
    };
    const auto fused = gradients(false), composed = gradients(true);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK_FALSE(fused[i].requires_grad());
        check_close(fused[i], composed[i], 10 * normalization_tolerance(dtype), 10 * normalization_tolerance(dtype));
    }
    CHECK(composed[0].requires_grad());
}

TEST_CASE("the gradient of the weight alone is the one found with all others") {
    Rng rng{36};
    const Tensor x = randn({4, 3}, rng, DType::f64), upstream = randn({4, 3}, rng, DType::f64), weight = randn({3}, rng, DType::f64).set_requires_grad();
    const Tensor alone = grad(batch_norm(x, weight, {}, {}, {}), weight, {.grad_outputs = {upstream}});
    const Tensor leaf = x.clone().set_requires_grad();
    const auto together = grad({batch_norm(leaf, weight, {}, {}, {})}, {leaf, weight}, {.grad_outputs = {upstream}});
    CHECK(alone.to_vector() == together[1].to_vector());
}

TEST_CASE("a mean that dwarfs the deviation leaves the normalised values right") {
    // Multiples of 1/8 around a million are exact in f32.
    Rng rng{37};
    std::vector<double> values(600);
    for (double& value : values) value = static_cast<double>(rng.below(64)) / 8.0;
    const Tensor small = tensor(values, {200, 3}), large = small + 1e6;
    REQUIRE((large - 1e6).to_vector() == small.to_vector());
    check_close(batch_norm(large, {}, {}, {}, {}), batch_norm(small, {}, {}, {}, {}), 0, 2e-6);
    const Tensor mean = zeros({3}), variance = ones({3});
    batch_norm(large, {}, {}, mean, variance, {.momentum = 1.0});
    check_close(variance, var(small, 0), 1e-4, 1e-4);
}

TEST_CASE("the variance of images keeps its digits where their mean dwarfs it") {
    Rng rng{40};
    const Shape shape{5, 3, 9, 7};
    std::vector<double> values(static_cast<std::size_t>(shape.numel()));
    for (double& value : values) value = static_cast<double>(rng.below(64)) / 8.0;
    values[0] = 40;  // the first of its channel may lie far off, too
    const Tensor small = tensor(values, shape), large = small + 1e6;
    REQUIRE((large - 1e6).to_vector() == small.to_vector());
    const Tensor mean = zeros({3}), variance = ones({3}), mean_rectified = zeros({3}), variance_rectified = ones({3});
    batch_norm(large, {}, {}, mean, variance, {.momentum = 1.0});
    batch_norm_relu(large, {}, {}, mean_rectified, variance_rectified, {.momentum = 1.0});
    const Tensor exact = small.to(DType::f64);
    check_close(variance.to(DType::f64), var(exact, {0, 2, 3}), 1e-5, 0);
    check_close(mean.to(DType::f64), knoll::mean(exact, {0, 2, 3}) + 1e6, 1e-7, 0);
    CHECK(variance_rectified.to_vector() == variance.to_vector());
    CHECK(mean_rectified.to_vector() == mean.to_vector());
}

TEST_CASE("batch normalisation with a ReLU is the two one after the other, in value, running statistics and all gradients") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    const Shape shape = GENERATE(Shape{9, 5}, Shape{3, 2, 11}, Shape{7, 3, 6, 5}, Shape{2, 4, 40, 41});
    const bool training = GENERATE(true, false);
    const int given = GENERATE(range(0, 8));
    CAPTURE(to_string(dtype), shape, training, given);
    const auto make = [&] { return Rectified(shape, dtype, (given & 1) != 0, (given & 2) != 0, (given & 4) != 0); };
    const Rectified one = make(), other = make();
    const BatchNormOptions options{.training = training, .momentum = 0.25, .epsilon = 1e-3};
    const Tensor fused = one.fused(options), composed = other.composed(options);
    check_close(fused, composed, normalization_tolerance(dtype), normalization_tolerance(dtype));
    CHECK(one.mean.to_vector() == other.mean.to_vector());
    CHECK(one.variance.to_vector() == other.variance.to_vector());
    for (const bool create_graph : {true, false}) {
        const auto actual = grad({fused}, one.inputs(), {.grad_outputs = {one.upstream}, .create_graph = create_graph});
        const auto expected = grad({composed}, other.inputs(), {.grad_outputs = {other.upstream}, .create_graph = create_graph});
        for (std::size_t i = 0; i < actual.size(); ++i) {
            CAPTURE(i, create_graph);
            check_close(actual[i], expected[i], 10 * normalization_tolerance(dtype),
                        10 * normalization_tolerance(dtype) * std::sqrt(static_cast<double>(one.x.numel())));
        }
    }
}

TEST_CASE("gradients of some inputs of batch normalisation with a ReLU are those found with all others") {
    const Rectified all(Shape{6, 3, 5, 7}, DType::f32, true, true, true);
    const auto inputs = all.inputs();
    const auto together = grad({all.fused()}, inputs, {.grad_outputs = {all.upstream}});
    for (unsigned subset = 1; subset < 16; ++subset) {
        std::vector<Tensor> wanted;
        for (std::size_t i = 0; i < 4; ++i)
            if ((subset >> i & 1U) != 0) wanted.push_back(inputs[i]);
        const auto found = grad({all.fused()}, wanted, {.grad_outputs = {all.upstream}});
        std::size_t next = 0;
        for (std::size_t i = 0; i < 4; ++i)
            if ((subset >> i & 1U) != 0) CHECK(found[next++].to_vector() == together[i].to_vector());
    }
}

TEST_CASE("the derivatives of batch normalisation with a ReLU are right to second order away from its kink") {
    const bool training = GENERATE(true, false);
    const bool has_shortcut = GENERATE(true, false);
    Rng rng{42};
    const auto draw = [&](const Shape& shape) { return randn(shape, rng, DType::f64); };
    const Tensor mean = draw({2}), variance = rand({2}, rng, DType::f64) + 0.5;
    const auto f = [&](const std::vector<Tensor>& in) {
        return batch_norm_relu(in[0], in[1], in[2], mean.clone(), variance.clone(), {.training = training, .epsilon = 0.1}, at(in, 3));
    };
    std::vector<Tensor> inputs{draw({3, 2, 2, 3}), draw({2}) + 1.5, draw({2})};
    if (has_shortcut) inputs.push_back(draw({3, 2, 2, 3}));
    const Tensor before = batch_norm(inputs[0], inputs[1], inputs[2], mean.clone(), variance.clone(), {.training = training, .epsilon = 0.1});
    std::size_t near = 0;
    for (const double value : (has_shortcut ? before + inputs[3] : before).to_vector()) near += std::abs(value) < 1e-3 ? 1U : 0U;
    REQUIRE(near == 0);
    check_derivatives(2, f, inputs);
}

TEST_CASE("batch normalisation with a ReLU passes NaN on, and no gradient at zero") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const Tensor x = tensor({{1, 1}, {2, 2}, {4, 5}}), shortcut = tensor({{nan, 0}, {0, -9}, {0, 9}});
    const auto y = batch_norm_relu(x, {}, {}, {}, {}, {}, shortcut).to_vector();
    CHECK(std::isnan(y[0]));
    CHECK(y[3] == 0);
    CHECK(y[5] > 9);
    const Tensor leaf = x.clone().set_requires_grad(), zero_weight = zeros({2}).set_requires_grad(), bias = zeros({2}).set_requires_grad();
    const auto gradients = grad({sum(batch_norm_relu(leaf, zero_weight, bias, {}, {}))}, {leaf, zero_weight, bias});
    for (const Tensor& gradient : gradients) CHECK(sum(abs(gradient)).item() == 0);
}

TEST_CASE("one tensor may be input and shortcut of batch normalisation with a ReLU") {
    const Rectified one(Shape{5, 3, 4}, DType::f64, true, true, false), other(Shape{5, 3, 4}, DType::f64, true, true, false);
    const Tensor fused = batch_norm_relu(one.x, one.weight, one.bias, {}, {}, {}, one.x);
    const Tensor composed = relu(batch_norm(other.x, other.weight, other.bias, {}, {}) + other.x);
    check_close(grad(fused, one.x, {.grad_outputs = {one.upstream}}), grad(composed, other.x, {.grad_outputs = {one.upstream}}), 1e-10, 1e-10);
}

TEST_CASE("running statistics move only in training and record no graph") {
    Rng rng{38};
    const Tensor x = randn({8, 2}, rng).set_requires_grad(), mean = zeros({2}), variance = ones({2});
    batch_norm(x, {}, {}, mean, variance, {.momentum = 0.25});
    CHECK_FALSE(mean.requires_grad());
    check_close(mean, knoll::mean(x.detach(), 0) * 0.25, 1e-5, 1e-6);
    check_close(variance, var(x.detach(), 0) * 0.25 + 0.75, 1e-5, 1e-6);
    const auto before = mean.to_vector();
    batch_norm(x, {}, {}, mean, variance, {.training = false});
    CHECK(mean.to_vector() == before);
}

TEST_CASE("a batch normalised by running statistics that change before the backward pass keeps its gradient") {
    const Tensor x = ones({2, 1}, DType::f64), weight = ones({1}, DType::f64).set_requires_grad();
    Tensor mean = tensor({3}, DType::f64);
    const Tensor variance = tensor({4}, DType::f64);
    const Tensor y = batch_norm(x, weight, {}, mean, variance, {.training = false, .epsilon = 0});
    mean += 100.0;
    backward(sum(y));
    CHECK(weight.grad().item() == Approx(-2.0));
}

TEST_CASE("constant channels normalise to the bias") {
    const Tensor y = batch_norm(full({4, 2, 3}, 7.5), tensor({2, 3}), tensor({-1, 5}), {}, {});
    for (std::int64_t n = 0; n < 4; ++n) CHECK(select(y, 0, n).to_vector() == std::vector<double>{-1, -1, -1, 5, 5, 5});
}

TEST_CASE("layer normalisation of no rows is empty") {
    CHECK(layer_norm(zeros({0, 4}), {4}).shape() == Shape{0, 4});
    CHECK(group_norm(zeros({0, 4, 3}), 2).shape() == Shape{0, 4, 3});
}

TEST_CASE("normalisation has the same bits at any number of threads") {
    const Shape shape = GENERATE(Shape{900, 150}, Shape{17, 6, 40, 41});
    Rng rng{39};
    const Tensor x = randn(shape, rng).set_requires_grad(), upstream = randn(shape, rng);
    check_same_bits([&] {
        const Tensor batch = batch_norm(x, {}, {}, {}, {}), layer = layer_norm(x, {shape[shape.rank() - 1]});
        const Tensor rectified = batch_norm_relu(x, {}, {}, {}, {}, {}, upstream);
        return std::vector{batch,
                           layer,
                           rectified,
                           grad(batch, x, {.grad_outputs = {upstream}}),
                           grad(layer, x, {.grad_outputs = {upstream}}),
                           grad(rectified, x, {.grad_outputs = {upstream}})};
    });
}

TEST_CASE("normalisation says what does not fit") {
    using Catch::Contains;
    const Tensor x = zeros({2, 4, 3});
    CHECK_THROWS_WITH(batch_norm(zeros({4}), {}, {}, {}, {}), Contains("[batch_norm] expected x of shape [N, C] or [N, C, ...], got [4]"));
    CHECK_THROWS_WITH(batch_norm(zeros({1, 4}), {}, {}, {}, {}),
                      Contains("[batch_norm] expected more than one value per channel where training is on, got x [1, 4]; use a larger batch"));
    CHECK_THROWS_WITH(batch_norm(zeros({0, 4, 2}), {}, {}, {}, {}), Contains("[batch_norm] expected more than one value per channel"));
    CHECK_THROWS_WITH(batch_norm(x, ones({3}), {}, {}, {}), Contains("[batch_norm] expected a weight of shape [4], got [3]"));
    CHECK_THROWS_WITH(batch_norm(x, {}, {}, zeros({2}), {}), Contains("[batch_norm] expected a running mean of shape [4], got [2]"));
    CHECK_THROWS_WITH(batch_norm(x, ones({4}, DType::f64), {}, {}, {}), Contains("[batch_norm] expected a weight of x's type f32, got f64"));
    CHECK_THROWS_WITH(batch_norm(x, {}, {}, {}, {}, {.training = false}), Contains("[batch_norm] expected running statistics where training is off, got none"));
    CHECK_THROWS_WITH(batch_norm(x.to(DType::i64), {}, {}, {}, {}), Contains("[batch_norm] expected f32 or f64, got i64"));
    CHECK_THROWS_WITH(layer_norm(x, {4}), Contains("[layer_norm] expected x whose last dimensions are [4], got [2, 4, 3]"));
    CHECK_THROWS_WITH(layer_norm(x, {3}, ones({4})), Contains("[layer_norm] expected a weight of shape [3], got [4]"));
    CHECK_THROWS_WITH(layer_norm(x, {1, 2, 4, 3}), Contains("[layer_norm]"));
    CHECK_THROWS_WITH(group_norm(x, 3), Contains("[group_norm] expected channels that 3 groups divide, got 4 in x [2, 4, 3]"));
    CHECK_THROWS_WITH(group_norm(x, 0), Contains("[group_norm] expected at least 1 group, got 0"));
}

TEST_CASE("batch normalisation with a ReLU says what does not fit, and leaves the running statistics alone") {
    using Catch::Contains;
    const Tensor x = ones({2, 4, 3});
    CHECK_THROWS_WITH(batch_norm_relu(zeros({4}), {}, {}, {}, {}), Contains("[batch_norm_relu] expected x of shape [N, C] or [N, C, ...], got [4]"));
    CHECK_THROWS_WITH(batch_norm_relu(zeros({1, 4}), {}, {}, {}, {}),
                      Contains("[batch_norm_relu] expected more than one value per channel where training is on, got x [1, 4]; use a larger batch"));
    CHECK_THROWS_WITH(batch_norm_relu(x, ones({3}), {}, {}, {}), Contains("[batch_norm_relu] expected a weight of shape [4], got [3]"));
    CHECK_THROWS_WITH(batch_norm_relu(x, {}, ones({4}, DType::f64), {}, {}), Contains("[batch_norm_relu] expected a bias of x's type f32, got f64"));
    CHECK_THROWS_WITH(batch_norm_relu(x, {}, {}, {}, {}, {.training = false}),
                      Contains("[batch_norm_relu] expected running statistics where training is off, got none"));
    CHECK_THROWS_WITH(batch_norm_relu(x.to(DType::i64), {}, {}, {}, {}), Contains("[batch_norm_relu] expected f32 or f64, got i64"));
    const Tensor mean = zeros({4}), variance = zeros({4});
    CHECK_THROWS_WITH(batch_norm_relu(x, {}, {}, mean, variance, {}, ones({2, 4})),
                      Contains("[batch_norm_relu] expected a shortcut of shape [2, 4, 3], got [2, 4]"));
    CHECK_THROWS_WITH(batch_norm_relu(x, {}, {}, mean, variance, {}, ones({2, 4, 3}, DType::f64)),
                      Contains("[batch_norm_relu] expected a shortcut of x's type f32, got f64"));
    CHECK(mean.to_vector() == std::vector<double>(4, 0.0));
    CHECK(variance.to_vector() == std::vector<double>(4, 0.0));
}
