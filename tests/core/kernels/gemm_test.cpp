#include <knoll/core/kernels/gemm.h>
#include <knoll/core/parallel.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

using namespace knoll;
using kernels::Gemm;

namespace {

template <class T>
std::vector<T> ramp(std::int64_t count, int seed) {
    std::vector<T> values(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(std::sin(0.7 * static_cast<double>(i) + seed));
    return values;
}

template <class T>
std::vector<T> naive(const Gemm& s, double alpha, const std::vector<T>& a, const std::vector<T>& b, double beta, std::vector<T> c) {
    for (std::int64_t i = 0; i < s.m; ++i)
        for (std::int64_t j = 0; j < s.n; ++j) {
            double total = 0;
            for (std::int64_t k = 0; k < s.k; ++k)
                total += static_cast<double>(a[static_cast<std::size_t>(s.transpose_a ? k * s.lda + i : i * s.lda + k)]) *
                         static_cast<double>(b[static_cast<std::size_t>(s.transpose_b ? j * s.ldb + k : k * s.ldb + j)]);
            T& value = c[static_cast<std::size_t>(i * s.ldc + j)];
            value = static_cast<T>(alpha * total + (beta == 0 ? 0 : beta * static_cast<double>(value)));
        }
    return c;
}

}  // namespace

TEMPLATE_TEST_CASE("gemm agrees with three nested loops for all transposes, gaps between rows, alpha and beta", "", float, double) {
    const double tolerance = std::is_same_v<TestType, float> ? 1e-4 : 1e-12;
    const int case_number = GENERATE(range(0, 16));
    const bool parallel = (case_number & 4) != 0;
    Gemm shape = (case_number & 8) != 0 ? kernels::dense_gemm(1, 7, 5) : kernels::dense_gemm(131, 117, 300);
    shape.transpose_a = (case_number & 1) != 0;
    shape.transpose_b = (case_number & 2) != 0;
    shape.lda = (shape.transpose_a ? shape.m : shape.k) + 3;
    shape.ldb = (shape.transpose_b ? shape.k : shape.n) + 1;
    shape.ldc = shape.n + 2;
    const auto a = ramp<TestType>(std::max(shape.m, shape.k) * shape.lda, 1);
    const auto b = ramp<TestType>(std::max(shape.n, shape.k) * shape.ldb, 2);
    const auto before = ramp<TestType>(shape.m * shape.ldc, 3);
    auto c = before;
    const auto product = parallel ? kernels::parallel_gemm<TestType> : kernels::gemm<TestType>;
    product(shape, TestType(0.5), a.data(), b.data(), TestType(-2), c.data());
    const auto expected = naive(shape, 0.5, a, b, -2, before);
    double worst = 0;
    for (std::size_t i = 0; i < c.size(); ++i) worst = std::max(worst, static_cast<double>(std::abs(c[i] - expected[i])));
    CHECK(worst < tolerance);
}

TEST_CASE("gemm over no inner dimension scales, and overwrites NaN where beta is 0") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> c{nan, nan, nan, nan};
    kernels::gemm<float>(kernels::dense_gemm(2, 2, 0), 1, nullptr, nullptr, 0, c.data());
    CHECK(c == std::vector<float>{0, 0, 0, 0});
    c = {1, 2, 3, 4};
    kernels::parallel_gemm<float>(kernels::dense_gemm(2, 2, 0), 1, nullptr, nullptr, 0.5F, c.data());
    CHECK(c == std::vector<float>{0.5F, 1, 1.5F, 2});
}

TEST_CASE("gemm with beta 0 ignores NaN in the result, for matrices, rows and columns") {
    const auto [m, n] = GENERATE(std::pair{3, 4}, std::pair{1, 5}, std::pair{5, 1}, std::pair{1, 1});
    const std::vector<double> ones(40, 1.0);
    std::vector<double> c(static_cast<std::size_t>(m * n), std::numeric_limits<double>::quiet_NaN());
    kernels::gemm<double>(kernels::dense_gemm(m, n, 3), 1, ones.data(), ones.data(), 0, c.data());
    CHECK(c == std::vector<double>(c.size(), 3.0));
}

TEST_CASE("gemm of an empty result touches nothing") {
    float guard = 7;
    kernels::gemm<float>(kernels::dense_gemm(0, 3, 2), 1, &guard, &guard, 0, &guard);
    kernels::parallel_gemm<float>(kernels::dense_gemm(3, 0, 2), 1, &guard, &guard, 0, &guard);
    CHECK(guard == 7);
}

TEST_CASE("parallel_gemm has the same bits at 1, 2 and 3 threads") {
    const int before = num_threads();
    const Gemm shape = kernels::dense_gemm(301, 257, 199);
    const auto a = ramp<float>(shape.m * shape.k, 4), b = ramp<float>(shape.k * shape.n, 5);
    std::vector<std::vector<float>> results;
    for (int threads = 1; threads <= 3; ++threads) {
        set_num_threads(threads);
        std::vector<float> c(static_cast<std::size_t>(shape.m * shape.n));
        kernels::parallel_gemm<float>(shape, 1, a.data(), b.data(), 0, c.data());
        results.push_back(c);
    }
    set_num_threads(before);
    CHECK(results[0] == results[1]);
    CHECK(results[0] == results[2]);
}
