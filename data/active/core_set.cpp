#include <knoll/core/autograd.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/distance.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/scale.h>
#include <knoll/core/ops/shape.h>
#include <knoll/data/active/check.h>
#include <knoll/data/active/core_set.h>

#include <algorithm>
#include <limits>

namespace knoll::data::active {

namespace {

constexpr std::int64_t rows_at_a_time = 256;  // bounds the memory that distances need

// distances[i] becomes the smaller of itself and the squared distance from row i to the nearest of the centres.
void approach(std::vector<double>& distances, const Tensor& pool, const Tensor& centres) {
    for (const Tensor& part : split(centres, rows_at_a_time)) {
        const std::vector<double> nearest = min(pairwise_squared_distances(pool, part), {1}).to_vector();
        for (std::size_t i = 0; i < distances.size(); ++i) distances[i] = std::min(distances[i], nearest[i]);
    }
}

}  // namespace

std::vector<std::int64_t> select_core_set(const Tensor& pool, const Tensor& labelled, std::int64_t count) {
    const NoGrad no_grad;
    check_matrix("select_core_set", "features [N, D] of the pool", pool);
    check_matrix("select_core_set", "features [L, D] of labelled examples", labelled);
    check_count("select_core_set", count, pool.size(0));
    require<ShapeError>(labelled.size(1) == pool.size(1), "[select_core_set] expected as many features of labelled examples as of the pool, got shapes ",
                        labelled.shape(), " and ", pool.shape());
    // Under a common scale, whose squares neither overflow nor vanish: that changes no order.
    const Tensor features = concat({pool.to(DType::f64), labelled.to(DType::f64)}), scaled = features / power_of_two_scale(features, {});
    const Tensor rows = slice(scaled, 0, 0, pool.size(0));
    std::vector<double> distances(static_cast<std::size_t>(pool.size(0)), std::numeric_limits<double>::infinity());
    if (labelled.size(0) > 0) approach(distances, rows, slice(scaled, 0, pool.size(0), features.size(0)));
    std::vector<std::int64_t> picked;
    while (std::ssize(picked) < count) {
        const auto farthest = std::max_element(distances.begin(), distances.end()) - distances.begin();
        picked.push_back(farthest);
        approach(distances, rows, slice(rows, 0, farthest, farthest + 1));
        for (const std::int64_t i : picked) distances[static_cast<std::size_t>(i)] = -1;  // nearer than any other can be
    }
    return picked;
}

}  // namespace knoll::data::active
