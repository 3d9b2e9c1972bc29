#include "support/close.h"
#include "support/golden_ops.h"
#include "support/sample.h"
#include "support/threads.h"

#include <knoll/core/autograd.h>
#include <knoll/core/gradcheck.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/distance.h>
#include <knoll/core/ops/elementwise.h>
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

namespace {

// The length of differences, in long double and plain loops.
double naive_length(const std::vector<double>& a, const std::vector<double>& b) {
    long double total = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const long double difference = static_cast<long double>(a[i]) - static_cast<long double>(b[i]);
        total += difference * difference;
    }
    return static_cast<double>(std::sqrt(total));
}

struct Magnitude {
    DType dtype;
    double size;
};

// Squares of f32 overflow at 2e19 and vanish at 1e-23; of f64 at 1e154 and 1e-162.
const std::vector<Magnitude> magnitudes = {{DType::f32, 1e30},  {DType::f32, 1e35},  {DType::f32, 1e-20},  {DType::f32, 1e-30},
                                           {DType::f64, 1e200}, {DType::f64, 1e305}, {DType::f64, 1e-160}, {DType::f64, 1e-200}};

}  // namespace

TEST_CASE("distances whose squares overflow or vanish are right, and so are their gradients to second order") {
    for (const auto& [dtype, size] : magnitudes) {
        INFO(dtype << " of size " << size);
        const Tensor unit_a = tensor({{0.3, -0.4, 1}, {0.1, 0.2, 0.3}}, dtype), unit_b = tensor({{0.3, -0.4, 1}, {0.6, 0, 0.5}}, dtype);
        // The same geometry at size 1, where nothing is in danger.
        const auto derivatives = [](const Tensor& a, const Tensor& b) {
            const Tensor x = a.clone().set_requires_grad();
            const Tensor weights = tensor({{1, 2}, {3, 4}}, x.dtype());
            const Tensor value = pairwise_distances(x, b);
            const Tensor first = grad(sum(value * weights), x, {.create_graph = true});
            const Tensor second = grad(sum(first * tensor({{1, -2, 0.5}, {0.25, 3, -1}}, x.dtype())), x);
            return std::vector{value.detach(), first.detach(), second};
        };
        const auto expected = derivatives(unit_a, unit_b), found = derivatives(unit_a * size, unit_b * size);
        const double tolerance = dtype == DType::f32 ? 1e-5 : 1e-13;
        check_close(found[0] / size, expected[0], tolerance, 0);
        check_close(found[1], expected[1], tolerance, tolerance);
        check_close(found[2] * size, expected[2], 10 * tolerance, 10 * tolerance);
        for (const std::int64_t row : {0, 1})
            CHECK(found[0].to_vector()[static_cast<std::size_t>(row * 2 + 1)] ==
                  Approx(naive_length((select(unit_a, 0, row) * size).to_vector(), (select(unit_b, 0, 1) * size).to_vector())).epsilon(tolerance));
    }
}

TEST_CASE("distances of very different sizes stand in one matrix without harm to any, batches too") {
    const Tensor a = tensor({{1e25, 0}, {1e-25, 0}, {2, 0}}).set_requires_grad(), b = tensor({{-1e25, 0}, {0, 1e-25}, {0, 0}});
    const Tensor found = pairwise_distances(reshape(a, {1, 3, 2}), reshape(b, {1, 3, 2}));
    check_close(reshape(found, {3, 3}), tensor({{2e25, 1e25, 1e25}, {1e25, std::sqrt(2.0) * 1e-25, 1e-25}, {1e25, 2, 2}}), 1e-6, 0);
    const Tensor gradient = grad(sum(found), a);
    check_close(gradient, tensor({{3, 0}, {2 + std::sqrt(0.5), -std::sqrt(0.5)}, {3, 0}}), 1e-5, 1e-6);
    CHECK(std::isnan(pairwise_distances(tensor({{NAN}}), tensor({{1}})).item()));
    CHECK(std::isinf(pairwise_distances(tensor({{INFINITY}}), tensor({{1}})).item()));
}

TEST_CASE("distances in the ordinary range are the roots of the squared distances, to the bit") {
    Rng rng{45};
    for (const DType dtype : {DType::f32, DType::f64}) {
        const Tensor a = randn({33, 17}, rng, dtype), b = randn({29, 17}, rng, dtype);
        CHECK(equal(pairwise_distances(a, b), sqrt(pairwise_squared_distances(a, b))));
        CHECK(equal(vector_norm(a, 1), sqrt(sum(square(a), 1))));
        CHECK(equal(vector_norm(a), sqrt(sum(square(a)))));
    }
}

TEST_CASE("the norm of a vector agrees with plain loops at every magnitude, over any dimensions, with gradients to second order") {
    for (const DType dtype : {DType::f32, DType::f64}) {
        const Tensor x = tensor({{3, 0, 4}, {0, 0, 0}}, dtype);
        CHECK(vector_norm(x).to_vector() == std::vector<double>{5});
        CHECK(vector_norm(x, 1).to_vector() == std::vector<double>{5, 0});
        CHECK(vector_norm(x, {0}, true).shape() == Shape{1, 3});
        CHECK(vector_norm(zeros({0, 2}, dtype), 0).to_vector() == std::vector<double>{0, 0});
        CHECK(vector_norm(scalar(-2, dtype)).item() == 2);
    }
    for (const auto& [dtype, size] : magnitudes) {
        INFO(dtype << " of size " << size);
        const Tensor x = (tensor({0.6, 0, -0.8}, dtype) * size).set_requires_grad();
        const Tensor length = vector_norm(x);
        CHECK(length.item() / size == Approx(1).epsilon(1e-6));
        const Tensor first = grad(length, x, {.create_graph = true});
        check_close(first.detach(), tensor({0.6, 0, -0.8}, dtype), 1e-6, 0);
        // Along y the derivative of x / |x| is 1 / |x|.
        check_close(grad(sum(first * tensor({0, 1, 0}, dtype)), x) * size, tensor({0, 1, 0}, dtype), 1e-6, 1e-6);
    }
    const Tensor zero = zeros({2, 2}, DType::f64).set_requires_grad();
    const Tensor first = grad(sum(vector_norm(zero, 1)), zero, {.create_graph = true});
    CHECK(first.to_vector() == std::vector<double>(4, 0.0));
    Rng rng{46};
    check_derivatives(3, [](const std::vector<Tensor>& in) { return vector_norm(in[0], {0, 2}); }, {randn({2, 3, 4}, rng, DType::f64)});
    CHECK(std::isinf(vector_norm(tensor({1, INFINITY})).item()));
    CHECK(std::isnan(vector_norm(tensor({1, NAN})).item()));
    CHECK_THROWS_WITH(vector_norm(arange(3)), Catch::Contains("[vector_norm] expected f32 or f64, got i64"));
    CHECK_THROWS_WITH(vector_norm(zeros({2}), 1), Catch::Contains("[vector_norm] expected a dimension"));
}

TEST_CASE("vectors of any magnitude are brought to length 1 and compared by their angle, whatever is the epsilon") {
    for (const auto& [dtype, size] : magnitudes) {
        INFO(dtype << " of size " << size);
        const double epsilon = dtype == DType::f32 ? 1e-37 : 1e-300;
        const Tensor x = (tensor({{0.6, 0, -0.8}}, dtype) * size).set_requires_grad();
        const Tensor unit = normalize(x, 1, epsilon);
        check_close(unit.detach(), tensor({{0.6, 0, -0.8}}, dtype), 1e-6, 0);
        check_close(grad(sum(unit), x) * size, tensor({{1 + 0.6 * 0.2, 1, 1 - 0.8 * 0.2}}, dtype), 1e-5, 0);
        const Tensor other = tensor({{0, 0.6, -0.8}}, dtype) / size;
        CHECK(cosine_similarity(x, other).item() == Approx(0.64));
        CHECK(cosine_similarity(x, x, 1, 0.0).item() == Approx(1.0));
        check_close(normalize(x, 1, 0.0).detach(), tensor({{0.6, 0, -0.8}}, dtype), 1e-6, 0);
    }
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
