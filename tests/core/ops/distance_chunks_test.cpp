// Distances between more rows than one chunk holds, of any length, against plain loops, with their gradients.
#include "support/plain.h"

#include <knoll/core/autograd.h>
#include <knoll/core/ops/distance.h>
#include <catch2/catch.hpp>

using namespace knoll;

TEST_CASE("distances between many rows are those of plain loops, squared or not, with both gradients", "[chunks]") {
    struct Rows {
        std::int64_t batch, m, n, d;
    };
    // Coordinates are taken eight at a time, and a chunk has 65536 differences.
    for (const auto& [batch, m, n, d] : {Rows{1, 300, 70, 13}, Rows{1, 129, 64, 8}, Rows{1, 128, 64, 8}, Rows{1, 127, 64, 8}, Rows{2, 33, 41, 7},
                                         Rows{1, 3, 2, 40001}, Rows{1, 5, 700, 29}, Rows{3, 900, 31, 9}, Rows{1, 40, 50, 16}})
        for (const DType dtype : {DType::f32, DType::f64}) {
            CAPTURE(batch, m, n, d, to_string(dtype));
            const Tensor a = drawn({batch, m, d}, dtype, 1).set_requires_grad(), b = drawn({batch, n, d}, dtype, 2).set_requires_grad();
            const Tensor upstream = drawn({batch, m, n}, dtype, 3);
            const Doubles left = a.to_vector(), right = b.to_vector(), g = upstream.to_vector();
            Doubles squares, roots, da(left.size()), db(right.size()), da_root(left.size()), db_root(right.size());
            for (std::int64_t i = 0; i < batch * m * n; ++i) {
                const double* const x = left.data() + i / n * d;
                const double* const y = right.data() + (i / (m * n) * n + i % n) * d;
                double total = 0;
                for (std::int64_t k = 0; k < d; ++k) total += (x[k] - y[k]) * (x[k] - y[k]);
                squares.push_back(total);
                roots.push_back(std::sqrt(total));
                for (std::int64_t k = 0; k < d; ++k) {
                    const double slope = 2 * g[static_cast<std::size_t>(i)] * (x[k] - y[k]);
                    const auto at_a = static_cast<std::size_t>(x - left.data() + k), at_b = static_cast<std::size_t>(y - right.data() + k);
                    da[at_a] += slope;
                    db[at_b] -= slope;
                    da_root[at_a] += slope / (2 * roots.back());
                    db_root[at_b] -= slope / (2 * roots.back());
                }
            }
            const Tensor actual = pairwise_squared_distances(a, b), distances = pairwise_distances(a, b);
            check_near("squares", actual, squares, rounding_of(dtype));
            check_near("distances", distances, roots, rounding_of(dtype));
            const auto gradients = grad({actual}, {a, b}, {.grad_outputs = {upstream}}), of_roots = grad({distances}, {a, b}, {.grad_outputs = {upstream}});
            check_near("gradient of squares in a", gradients[0], da, rounding_of(dtype));
            check_near("gradient of squares in b", gradients[1], db, rounding_of(dtype));
            check_near("gradient of distances in a", of_roots[0], da_root, rounding_of(dtype));
            check_near("gradient of distances in b", of_roots[1], db_root, rounding_of(dtype));
        }
}
