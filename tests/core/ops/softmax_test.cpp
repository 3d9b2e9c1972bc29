#include "support/golden_ops.h"
#include "support/numbers.h"
#include "support/sample.h"
#include "support/threads.h"

#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

using namespace knoll;

namespace {

double naive_logsumexp(const std::vector<double>& row) {
    const double largest = *std::max_element(row.begin(), row.end());
    double total = 0;
    for (const double value : row) total += std::exp(value - largest);
    return largest + std::log(total);
}

Dims golden_dims(const nlohmann::json& list) {
    Dims dims;
    for (const std::int64_t dim : list) dims.push_back(dim);
    return dims;
}

}  // namespace

TEST_CASE("the softmax family equals the naive formulas at any length of a row") {
    for (const DType dtype : {DType::f32, DType::f64})
        for (const std::int64_t count : {1, 3, 10, 255, 257, 1000}) {
            CAPTURE(dtype == DType::f64, count);
            const double accuracy = dtype == DType::f64 ? 1e-13 : 2e-6;
            const Tensor x = sample({2, count}, dtype) * 3.0;
            const Tensor probabilities = softmax(x, 1), logs = log_softmax(x, 1), totals = logsumexp(x, 1);
            for (std::int64_t r = 0; r < 2; ++r) {
                const auto row = select(x, 0, r).to_vector();
                const double total = naive_logsumexp(row);
                CHECK(totals.to_vector()[static_cast<std::size_t>(r)] == Approx(total).epsilon(accuracy).margin(accuracy));
                for (std::size_t i = 0; i < row.size(); ++i) {
                    CHECK(select(probabilities, 0, r).to_vector()[i] == Approx(std::exp(row[i] - total)).epsilon(accuracy * 3));
                    CHECK(select(logs, 0, r).to_vector()[i] == Approx(row[i] - total).epsilon(accuracy).margin(accuracy));
                }
            }
        }
}

TEST_CASE("softmax over several dimensions at once sums to 1 over them jointly") {
    const Tensor x = sample({2, 3, 4});
    const Tensor y = softmax(x, {0, 2});
    REQUIRE(y.shape() == x.shape());
    for (const double total : sum(y, {0, 2}).to_vector()) CHECK(total == Approx(1));
    check_close(log_softmax(x, {2, 0}), x - logsumexp(x, {0, 2}, true), 1e-13, 1e-13);
    CHECK(sum(softmax(x, {})).item() == Approx(1));
}

TEST_CASE("softmax of a row of -inf and one number is one-hot") {
    const Tensor x = tensor({-infinity, 3, -infinity});
    CHECK(softmax(x, 0).to_vector() == std::vector<double>{0, 1, 0});
    CHECK(log_softmax(x, 0).to_vector() == std::vector<double>{-infinity, 0, -infinity});
    CHECK(logsumexp(x).item() == 3);
}

TEST_CASE("infinities and NaN run their course") {
    CHECK(logsumexp(tensor({-infinity, -infinity})).item() == -infinity);
    CHECK(logsumexp(tensor({1, infinity, -infinity})).item() == infinity);
    CHECK(std::isnan(logsumexp(tensor({1, not_a_number, infinity})).item()));
    CHECK(std::isnan(softmax(tensor({-infinity, -infinity}), 0).to_vector()[0]));
    const auto partly = softmax(tensor({1, infinity}), 0).to_vector();
    CHECK(partly[0] == 0);
    CHECK(std::isnan(partly[1]));
}

TEST_CASE("numbers near the ends of the range neither overflow nor vanish") {
    CHECK(logsumexp(tensor({3e38, 3e38})).item() == Approx(3e38));
    CHECK(softmax(tensor({-3e38, -3e38}), 0).to_vector() == std::vector<double>{0.5, 0.5});
    CHECK(log_softmax(tensor({0, 2000}, DType::f64), 0).to_vector() == std::vector<double>{-2000, 0});
}

TEST_CASE("empty and scalar tensors are legal") {
    CHECK(logsumexp(zeros({2, 0}), 1).to_vector() == std::vector<double>{-infinity, -infinity});
    CHECK(softmax(zeros({2, 0}), 1).shape() == Shape{2, 0});
    CHECK(softmax(zeros({0, 3}), 1).shape() == Shape{0, 3});
    CHECK(softmax(scalar(5), 0).item() == 1);
    CHECK(logsumexp(scalar(5)).item() == 5);
}

TEST_CASE("the softmax family refuses integers") {
    CHECK_THROWS_WITH(softmax(arange(3), 0), "[softmax] expected f32 or f64, got i64; convert with .to(DType::f32)");
    CHECK_THROWS_AS(log_softmax(arange(3), 0), DTypeError);
    CHECK_THROWS_AS(logsumexp(arange(3)), DTypeError);
    CHECK_THROWS_WITH(softmax(zeros({3}), 1), Catch::Contains("[softmax] expected a dimension from -1 to 0"));
}

TEST_CASE("softmax has the same bits at any number of threads") {
    const Tensor x = sample({500, 131}, DType::f32) * 3.0;
    check_same_bits([&] { return std::vector<Tensor>{softmax(x, 1), log_softmax(x, 1), logsumexp(x, 1)}; });
}

TEST_CASE("the softmax family agrees with PyTorch") {
    for (const GoldenOp& golden : golden_ops("softmax"))
        check_golden(golden, [&](const std::vector<Tensor>& in) { return softmax(in[0], golden.options.at("dim").get<std::int64_t>()); });
    for (const GoldenOp& golden : golden_ops("log_softmax"))
        check_golden(golden, [&](const std::vector<Tensor>& in) { return log_softmax(in[0], golden.options.at("dim").get<std::int64_t>()); });
    for (const GoldenOp& golden : golden_ops("logsumexp"))
        check_golden(golden, [&](const std::vector<Tensor>& in) {
            return logsumexp(in[0], golden_dims(golden.options.at("dims")), golden.options.at("keepdim").get<bool>());
        });
}

TEST_CASE("the softmax family passes derivatives of third order") {
    const Tensor x = sample({2, 3, 2});
    check_derivatives(
        3, [](const Tensor& v) { return softmax(v, 1); }, x);
    check_derivatives(
        3,
        [](const Tensor& v) {
            return log_softmax(v, {0, 2});
        },
        x);
    check_derivatives(
        3,
        [](const Tensor& v) {
            return logsumexp(v, {1, 2}, true);
        },
        x);
}
