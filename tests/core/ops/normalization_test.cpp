#include "support/close.h"
#include "support/golden_ops.h"
#include "support/threads.h"

#include <knoll/core/autograd.h>
#include <knoll/core/gradcheck.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/normalization.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>
#include <cmath>

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

double tolerance(DType dtype) { return dtype == DType::f32 ? 2e-5 : 1e-11; }

void check_derivatives(const TensorsFunction& f, const std::vector<Tensor>& inputs, int order) {
    const auto result = gradcheck(f, inputs, {.order = order});
    INFO(result.report());
    CHECK(result.ok());
}

Tensor at(const std::vector<Tensor>& inputs, std::size_t i) { return i < inputs.size() ? inputs[i] : Tensor{}; }

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
    check_close(batch_norm(x, {}, {}, {}, {}, {.epsilon = 1e-3}), expected, tolerance(dtype), tolerance(dtype));
    Shape column{shape[1]};
    for (std::int64_t i = 2; i < shape.rank(); ++i) column.push_back(1);
    check_close(batch_norm(x, weight, bias, {}, {}, {.epsilon = 1e-3}), expected * reshape(weight, column) + reshape(bias, column), tolerance(dtype),
                tolerance(dtype));
}

TEST_CASE("layer and group normalisation agree with plain loops") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    Rng rng{32};
    const Tensor x = randn({3, 6, 5}, rng, dtype) + 4.0;
    check_close(layer_norm(x, {5}),
                naive(
                    x, [](std::size_t i) { return i / 5; }, 1e-5),
                tolerance(dtype), tolerance(dtype));
    check_close(layer_norm(x, {6, 5}),
                naive(
                    x, [](std::size_t i) { return i / 30; }, 1e-5),
                tolerance(dtype), tolerance(dtype));
    check_close(group_norm(x, 2),
                naive(
                    x, [](std::size_t i) { return i / 15; }, 1e-5),
                tolerance(dtype), tolerance(dtype));
    const Tensor weight = randn({6}, rng, dtype), bias = randn({6}, rng, dtype);
    check_close(group_norm(x, 3, weight, bias), group_norm(x, 3) * reshape(weight, {6, 1}) + reshape(bias, {6, 1}), tolerance(dtype), tolerance(dtype));
    const Tensor scale = randn({6, 5}, rng, dtype), shift = randn({6, 5}, rng, dtype);
    check_close(layer_norm(x, {6, 5}, scale, shift), layer_norm(x, {6, 5}) * scale + shift, tolerance(dtype), tolerance(dtype));
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
    check_derivatives(batch, {draw({4, 3}), draw({3}), draw({3})}, 3);
    check_derivatives(batch, {draw({2, 2, 2, 3}), draw({2}), draw({2})}, 2);
    check_derivatives([](const std::vector<Tensor>& in) { return batch_norm(in[0], {}, {}, {}, {}, {.epsilon = 0.1}); }, {draw({3, 2, 2})}, 2);
    check_derivatives(
        [](const std::vector<Tensor>& in) {
            return layer_norm(in[0], {2, 2}, in[1], in[2], 0.1);
        },
        {draw({2, 2, 2}), draw({2, 2}), draw({2, 2})}, 2);
    check_derivatives([](const std::vector<Tensor>& in) { return group_norm(in[0], 2, in[1], in[2], 0.1); }, {draw({2, 4, 2}), draw({4}), draw({4})}, 2);
}

TEST_CASE("the derivatives of batch normalisation by running statistics are right to second order") {
    Rng rng{34};
    const Tensor mean = randn({3}, rng, DType::f64), variance = rand({3}, rng, DType::f64) + 0.5;
    const auto f = [&](const std::vector<Tensor>& in) { return batch_norm(in[0], at(in, 1), at(in, 2), mean, variance, {.training = false}); };
    check_derivatives(f, {randn({2, 3, 2}, rng, DType::f64), randn({3}, rng, DType::f64), randn({3}, rng, DType::f64)}, 2);
    // Without a weight the op is linear, and has no second derivatives to check.
    check_derivatives(f, {randn({2, 3}, rng, DType::f64)}, 1);
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
        check_close(fused[i], composed[i], 10 * tolerance(dtype), 10 * tolerance(dtype));
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
    check_close(batch_norm(large, {}, {}, {}, {}), batch_norm(small, {}, {}, {}, {}), 0, 0.02);
    const Tensor mean = zeros({3}), variance = ones({3});
    batch_norm(large, {}, {}, mean, variance, {.momentum = 1.0});
    check_close(variance, var(small, 0), 1e-4, 1e-4);
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
        return std::vector{batch, layer, grad(batch, x, {.grad_outputs = {upstream}}), grad(layer, x, {.grad_outputs = {upstream}})};
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
