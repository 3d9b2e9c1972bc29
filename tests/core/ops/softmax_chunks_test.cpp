// The softmax family over many rows and over long ones against plain loops, with its gradients.
#include "support/plain.h"

#include <knoll/core/autograd.h>
#include <catch2/catch.hpp>

using namespace knoll;

namespace {

// Softmax along the middle of [outer, count, inner].
struct SoftmaxCase {
    std::int64_t outer, count, inner;

    Shape shape() const { return {outer, count, inner}; }
    std::size_t row_of(std::size_t i) const {
        const auto at = static_cast<std::int64_t>(i);
        return static_cast<std::size_t>(at / (count * inner) * inner + at % inner);
    }
};

// Rows are summed in blocks of 256, and share a thread up to 8192 elements.
const std::vector<SoftmaxCase>& softmax_cases() {
    static const std::vector<SoftmaxCase> all{{1, 8191, 1}, {1, 8192, 1}, {1, 8193, 1}, {3, 20001, 1}, {100, 257, 1}, {64, 256, 1}, {65, 255, 1},
                                              {700, 37, 1}, {9001, 2, 1}, {5000, 3, 1}, {3, 300, 70},  {40, 513, 3},  {2, 17, 900}};
    return all;
}

}  // namespace

TEST_CASE("softmax, log_softmax and logsumexp of many rows and of long ones are those of plain loops, with their gradients", "[chunks]") {
    for (const SoftmaxCase& c : softmax_cases())
        for (const DType dtype : {DType::f32, DType::f64}) {
            CAPTURE(c.outer, c.count, c.inner, to_string(dtype));
            const Tensor x = (drawn(c.shape(), dtype, 1) * 8.0).set_requires_grad();
            const Tensor upstream = drawn(c.shape(), dtype, 2), upstream_of_rows = drawn({c.outer, c.inner}, dtype, 3);
            const Doubles values = x.to_vector(), g = upstream.to_vector(), g_rows = upstream_of_rows.to_vector();
            const auto rows = static_cast<std::size_t>(c.outer * c.inner);
            Doubles total(rows), sum_g(rows), sum_gp(rows), p, log_p, log_total, dp, dlog, drows;
            for (std::size_t i = 0; i < values.size(); ++i) total[c.row_of(i)] += std::exp(values[i]);
            for (const double t : total) log_total.push_back(std::log(t));
            for (std::size_t i = 0; i < values.size(); ++i) {
                const std::size_t row = c.row_of(i);
                log_p.push_back(values[i] - log_total[row]);
                p.push_back(std::exp(values[i]) / total[row]);
                sum_g[row] += g[i];
                sum_gp[row] += g[i] * p[i];
            }
            for (std::size_t i = 0; i < values.size(); ++i) {
                const std::size_t row = c.row_of(i);
                dp.push_back(p[i] * (g[i] - sum_gp[row]));
                dlog.push_back(g[i] - p[i] * sum_g[row]);
                drows.push_back(p[i] * g_rows[row]);
            }
            const double rounding = dtype == DType::f32 ? 3e-6 : 1e-12;
            const Tensor probabilities = softmax(x, 1), logarithms = log_softmax(x, 1), sums = logsumexp(x, 1);
            check_near("softmax", probabilities, p, rounding);
            check_near("log_softmax", logarithms, log_p, rounding);
            check_near("logsumexp", sums, log_total, rounding);
            check_near("gradient of softmax", grad(probabilities, x, {.grad_outputs = {upstream}}), dp, rounding);
            check_near("gradient of log_softmax", grad(logarithms, x, {.grad_outputs = {upstream}}), dlog, rounding);
            check_near("gradient of logsumexp", grad(sums, x, {.grad_outputs = {upstream_of_rows}}), drows, rounding);
        }
}
