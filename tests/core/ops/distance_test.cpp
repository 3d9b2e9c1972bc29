#include "support/close.h"
#include "support/golden_ops.h"
#include "support/sample.h"
#include "support/threads.h"

#include <knoll/core/autograd.h>
#include <knoll/core/gradcheck.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/distance.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>
#include <cmath>

using namespace knoll;

TEST_CASE("pairwise distances agree with plain loops") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    const std::int64_t d = GENERATE(1, 3, 8, 37);
    Rng rng{41};
    const Tensor a = randn({5, d}, rng, dtype), b = randn({7, d}, rng, dtype);
    const auto left = a.to_vector(), right = b.to_vector();
    std::vector<double> squares;
    for (std::int64_t i = 0; i < 5; ++i)
        for (std::int64_t j = 0; j < 7; ++j) {
            double total = 0;
            for (std::int64_t k = 0; k < d; ++k) total += std::pow(left[static_cast<std::size_t>(i * d + k)] - right[static_cast<std::size_t>(j * d + k)], 2);
            squares.push_back(total);
        }
    const double tolerance = dtype == DType::f32 ? 1e-5 : 1e-13;
    check_close(pairwise_squared_distances(a, b), tensor(squares, {5, 7}, dtype), tolerance, tolerance);
    for (double& value : squares) value = std::sqrt(value);
    check_close(pairwise_distances(a, b), tensor(squares, {5, 7}, dtype), tolerance, tolerance);
}

TEST_CASE("distances and similarities agree with PyTorch") {
    for (const GoldenOp& golden : golden_ops("cdist")) {
        const bool squared = golden.options.at("squared").get<bool>();
        check_golden(golden,
                     [&](const std::vector<Tensor>& in) { return squared ? pairwise_squared_distances(in[0], in[1]) : pairwise_distances(in[0], in[1]); });
    }
    for (const GoldenOp& golden : golden_ops("cosine_similarity"))
        check_golden(golden, [&](const std::vector<Tensor>& in) {
            return cosine_similarity(in[0], in[1], golden.options.at("dim").get<std::int64_t>(), golden.options.at("eps").get<double>());
        });
}

TEST_CASE("the derivatives of distances and similarities are right, with broadcast batches too") {
    Rng rng{42};
    const auto draw = [&](const Shape& shape) { return randn(shape, rng, DType::f64); };
    check_derivatives(2, [](const std::vector<Tensor>& in) { return pairwise_squared_distances(in[0], in[1]); }, {draw({2, 1, 3, 2}), draw({3, 2, 2})});
    check_derivatives(3, [](const std::vector<Tensor>& in) { return pairwise_distances(in[0], in[1]); }, {draw({3, 2}), draw({2, 2})});
    check_derivatives(2, [](const std::vector<Tensor>& in) { return cosine_similarity(in[0], in[1], -1); }, {draw({3, 1, 4}), draw({2, 4})});
}

TEST_CASE("rows that coincide have distance 0 and gradient 0, at first and second order") {
    const Tensor a = tensor({{1, 2}, {3, 4}}, DType::f64).set_requires_grad();
    const Tensor distances = pairwise_distances(a, a);
    CHECK(distances.to_vector() == std::vector<double>{0, std::sqrt(8.0), std::sqrt(8.0), 0});
    const Tensor first = grad(sum(distances * tensor({{1, 0}, {0, 1}}, DType::f64)), a, {.create_graph = true});
    CHECK(first.to_vector() == std::vector<double>(4, 0.0));
    CHECK(grad(sum(first * first), a).to_vector() == std::vector<double>(4, 0.0));
}

TEST_CASE("the similarity with a zero vector is 0, and its gradient is finite") {
    const Tensor a = zeros({1, 3}, DType::f64).set_requires_grad(), b = ones({1, 3}, DType::f64).set_requires_grad();
    const Tensor similarity = cosine_similarity(a, b);
    CHECK(similarity.to_vector() == std::vector<double>{0});
    for (const Tensor& gradient : grad({similarity}, {a, b}, {.grad_outputs = {ones({1}, DType::f64)}}))
        for (const double value : gradient.to_vector()) CHECK(std::isfinite(value));
}

TEST_CASE("the similarity of large and of small f32 vectors neither overflows nor vanishes, and has its gradient") {
    for (const double length : {1e15, 1e30, 1e-5, 1e-30}) {
        INFO(length);
        const Tensor a = tensor({{3 * length, 4 * length}}).set_requires_grad(), b = tensor({{4 / length, 3 / length}});
        const Tensor similarity = cosine_similarity(a, b);
        CHECK(similarity.item() == Approx(24.0 / 25));
        const Tensor gradient = grad(sum(similarity), a, {.create_graph = true});  // (b / |b| - cos a / |a|) / |a|
        CHECK(gradient.at<float>(0, 0) * length == Approx((0.8 - 24.0 / 25 * 0.6) / 5));
        CHECK(gradient.at<float>(0, 1) * length == Approx((0.6 - 24.0 / 25 * 0.8) / 5));
    }
    CHECK(cosine_similarity(full({1, 2}, 1e30), full({1, 2}, -1e30)).item() == Approx(-1.0));
}

TEST_CASE("the similarity has right derivatives where vectors are shorter than epsilon, too") {
    Rng rng{44};
    const Tensor a = randn({2, 3}, rng, DType::f64), b = randn({2, 3}, rng, DType::f64);
    for (const double epsilon : {1e-8, 100.0})
        check_derivatives(3, [=](const std::vector<Tensor>& in) { return cosine_similarity(in[0], in[1], 1, epsilon); }, {a, b});
}

TEST_CASE("the similarity of vectors without coordinates is 0") {
    CHECK(cosine_similarity(zeros({2, 0}), zeros({2, 0})).to_vector() == std::vector<double>{0, 0});
}

TEST_CASE("a coordinate that is broadcast along dim counts in the length of its vector") {
    const Tensor similarity = cosine_similarity(full({1, 1}, 2), ones({1, 4}));
    CHECK(similarity.to_vector() == std::vector<double>{1});
}

TEST_CASE("distances have the same bits at any number of threads") {
    Rng rng{43};
    const Tensor a = randn({70, 33}, rng).set_requires_grad(), b = randn({91, 33}, rng);
    check_same_bits([&] {
        const Tensor distances = pairwise_distances(a, b);
        return std::vector{distances, grad(sum(distances), a)};
    });
}

TEST_CASE("distances of no rows are empty") { CHECK(pairwise_distances(zeros({0, 3}), zeros({2, 3})).shape() == Shape{0, 2}); }

TEST_CASE("distances say what does not fit") {
    using Catch::Contains;
    CHECK_THROWS_WITH(pairwise_distances(zeros({2, 3}), zeros({2, 4})),
                      Contains("[pairwise_distances] expected rows of one length in a [.., M, D] and b [.., N, D], got [2, 3] and [2, 4]"));
    CHECK_THROWS_WITH(pairwise_squared_distances(zeros({3}), zeros({2, 3})), Contains("[pairwise_squared_distances] expected rows"));
    CHECK_THROWS_WITH(cosine_similarity(zeros({2, 3}), zeros({2, 4})), Contains("[cosine_similarity]"));
    CHECK_THROWS_WITH(cosine_similarity(zeros({2, 3}), zeros({2, 3}), 2), Contains("[cosine_similarity]"));
    CHECK_THROWS_WITH(cosine_similarity(zeros({2, 3}), zeros({2, 3}, DType::f64)),
                      Contains("[cosine_similarity] expected operands of one type, f32 or f64, got f32 and f64"));
}
