// The softmax family and var at numbers where careless arithmetic gives infinity or NaN, against formulas in long double, whose range is
// so wide that nothing in them over- or underflows.
#include "support/close.h"
#include "support/numbers.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace knoll;

namespace {

using Row = std::vector<double>;

double largest_of(DType dtype) { return dtype == DType::f32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max(); }

// Rows of four in which an exponential over- or underflows, or a difference does.
std::vector<Row> extreme_rows(DType dtype) {
    const double largest = largest_of(dtype);
    std::vector<Row> rows{{0, 0, 0, 0}, {0, -0.0, 1e-30, -1e-30}, {1e4, 1e4, 1e4, 1e4}, {-infinity, 2, -infinity, 3}, {-infinity, 5, -infinity, -infinity}};
    for (const double size : {20.0, 88.0, 104.0, 700.0, 745.0, 1e4, 1e30, largest / 2, largest}) {
        rows.insert(rows.end(), {{size, -size, 0, 1}, {size, size, size, size}, {-size, -size, -size, -size}, {size, 1, 2, 3}, {-size, 1, 2, 3}});
        rows.insert(rows.end(), {{size, size, -size, -infinity}, {-size, -size, -infinity, -infinity}, {0, size, size, -size}});
    }
    return rows;
}

Tensor vector_of(const Row& values) { return tensor(values, Shape{static_cast<std::int64_t>(values.size())}, DType::f64); }
Tensor tensor_of(const std::vector<Row>& rows, DType dtype) {
    Row flat;
    for (const Row& row : rows) flat.insert(flat.end(), row.begin(), row.end());
    return tensor(flat, {static_cast<std::int64_t>(rows.size()), 4}, dtype);
}

struct Expected {
    double logsumexp;
    Row softmax, log_softmax;
};

Expected expected(const Row& row) {
    const long double largest = *std::max_element(row.begin(), row.end());
    long double total = 0;
    for (const double z : row) total += std::exp(z - largest);
    Expected result{static_cast<double>(largest + std::log(total)), {}, {}};
    for (const double z : row) {
        result.softmax.push_back(static_cast<double>(std::exp(z - largest) / total));
        result.log_softmax.push_back(static_cast<double>((z - largest) - std::log(total)));
    }
    return result;
}

// Sums of rows by weights without a pattern; a product with an infinite element would be none of a derivative's business.
const Row upstream{0.7, -1.3, 0.4, 2.1};

}  // namespace

TEST_CASE("the softmax family is right at any finite logits and at -inf, with its gradients and second derivatives") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    const double accuracy = dtype == DType::f32 ? 2e-6 : 1e-13;
    const std::vector<Row> rows = extreme_rows(dtype);
    const Tensor x = tensor_of(rows, dtype).set_requires_grad(), g = vector_of(upstream).to(dtype);
    const Tensor direction = broadcast_to(tensor({0.75, -0.5, 0.25, 1.5}, dtype), x.shape());
    const auto exact_rows = tensor_of(rows, dtype).to_vector();

    Row totals, probabilities, logs, of_total, of_probabilities, of_logs, second_of_total;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const Expected one =
            expected(Row(exact_rows.begin() + static_cast<std::ptrdiff_t>(4 * r), exact_rows.begin() + static_cast<std::ptrdiff_t>(4 * r + 4)));
        totals.push_back(one.logsumexp);
        double weighted = 0, sum_of_upstream = 0, along = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            weighted += upstream[k] * one.softmax[k];
            sum_of_upstream += upstream[k];
            along += direction.to_vector()[k] * one.softmax[k];
        }
        for (std::size_t k = 0; k < 4; ++k) {
            const double p = one.softmax[k];
            probabilities.push_back(p);
            logs.push_back(one.log_softmax[k]);
            of_total.push_back(p);
            of_probabilities.push_back(p * (upstream[k] - weighted));
            of_logs.push_back(upstream[k] - p * sum_of_upstream);
            second_of_total.push_back(p * (direction.to_vector()[k] - along));
        }
    }
    const auto shaped = [&](const Row& values) { return tensor(values, x.shape(), DType::f64).to(dtype); };
    const auto check = [&](const Tensor& got, const Row& values) {
        check_close(got, got.rank() == 1 ? vector_of(values).to(dtype) : shaped(values), accuracy, accuracy);
    };
    check(logsumexp(x, 1), totals);
    check(softmax(x, 1), probabilities);
    check(log_softmax(x, 1), logs);
    for (const bool recorded : {false, true}) {
        const GradOptions options{.create_graph = recorded, .retain_graph = true};
        check(grad(sum(logsumexp(x, 1)), x, options), of_total);
        check(grad(sum(softmax(x, 1) * g), x, options), of_probabilities);
        check(grad(log_softmax(x, 1), x, {.grad_outputs = {broadcast_to(g, x.shape())}, .create_graph = recorded, .retain_graph = true}), of_logs);
    }
    const Tensor first = grad(sum(logsumexp(x, 1)), x, {.create_graph = true});
    check(grad(first, x, {.grad_outputs = {direction}}), second_of_total);
    for (const Tensor& y : {softmax(x, 1), log_softmax(x, 1)}) {
        const Tensor slope = grad(y, x, {.grad_outputs = {broadcast_to(g, x.shape())}, .create_graph = true});
        for (const double value : grad(slope, x, {.grad_outputs = {direction}}).to_vector()) CHECK(std::isfinite(value));
    }
}

TEST_CASE("probabilities too small for a normal number count as 0, and their logarithms stay") {
    const Tensor x = tensor({0, -104, -1e4});
    CHECK(softmax(x, 0).to_vector() == Row{1, 0, 0});
    CHECK(log_softmax(x, 0).to_vector() == Row{0, -104, -1e4});
}

TEST_CASE("NaN makes its own row of the softmax family NaN and no other") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    for (const Row& bad : {Row{not_a_number, 1, 2, 3}, {1, 2, infinity, not_a_number}, {not_a_number, -infinity, -infinity, -infinity}, Row(4, not_a_number)}) {
        const Tensor x = tensor_of({{1, 2, 3, 4}, bad, {4, 3, 2, 1}}, dtype);
        for (const Tensor& y : {softmax(x, 1), log_softmax(x, 1), logsumexp(x, 1, true)})
            for (std::int64_t r = 0; r < 3; ++r)
                for (const double value : select(y, 0, r).to_vector()) CHECK(std::isnan(value) == (r == 1));
    }
}

TEST_CASE("a row of -inf has a logsumexp of -inf, and neither a softmax nor a gradient") {
    const DType dtype = GENERATE(DType::f32, DType::f64);
    const Tensor x = full({1, 4}, -infinity, dtype).set_requires_grad();
    CHECK(logsumexp(x, 1).item() == -infinity);
    for (const Tensor& undefined : {softmax(x, 1), log_softmax(x, 1), grad(sum(logsumexp(x, 1)), x)})
        for (const double value : undefined.to_vector()) CHECK(std::isnan(value));
}
