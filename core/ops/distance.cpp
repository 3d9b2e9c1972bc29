#include <knoll/core/kernels/batch.h>
#include <knoll/core/kernels/distance.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/distance.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/matmul.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/scale.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/record.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace knoll {

namespace {

void require_vectors(const char* op, const Tensor& a, const Tensor& b) {
    require<DTypeError>(is_floating(a.dtype()) && a.dtype() == b.dtype(), "[", op, "] expected operands of one type, f32 or f64, got ", a.dtype(), " and ",
                        b.dtype(), "; convert with .to()");
}

void require_rows(const char* op, const Tensor& a, const Tensor& b) {
    require_vectors(op, a, b);
    require<ShapeError>(a.rank() >= 2 && b.rank() >= 2 && a.size(-1) == b.size(-1), "[", op,
                        "] expected rows of one length in a [.., M, D] and b [.., N, D], got ", a.shape(), " and ", b.shape());
}

// As many elements along dim as the common shape has: a repeated coordinate counts in the length of a vector.
Tensor with_extent(const Tensor& a, const Shape& common, std::int64_t dim_from_end) {
    const bool has = -dim_from_end <= a.rank() && a.size(dim_from_end) == common.size(dim_from_end);
    return has ? a : broadcast_to(a, common);
}

Tensor squared_distances(const char* op, const Tensor& a, const Tensor& b) {
    require_rows(op, a, b);
    const std::int64_t m = a.size(-2), n = b.size(-2), d = a.size(-1);
    const kernels::BatchPlan batch(op, kernels::leading_shape(a.shape()), kernels::leading_shape(b.shape()));
    Shape shape = batch.shape();
    shape.push_back(m);
    shape.push_back(n);
    Tensor out = empty(shape, a.dtype());
    visit_floating(op, a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        for (std::int64_t i = 0; i < batch.shape().numel(); ++i) {
            const auto pair = batch.operands(i);
            kernels::squared_distances(m, n, d, a.data<T>().data() + pair.a * m * d, b.data<T>().data() + pair.b * n * d, out.fresh_data<T>() + i * m * n);
        }
    });
    // The gradient of a row of a is 2 sum_n g_n (a - b_n), and the same for b.
    return record(
        op, std::move(out), gradient(a, [a = Saved(a), b = Saved(b)](const Tensor& g) { return 2.0 * (a * sum(g, -1, true) - matmul(g, b)); }),
        gradient(b, [a = Saved(a), b = Saved(b)](const Tensor& g) { return 2.0 * (b * unsqueeze(sum(g, -2), -1) - matmul(g, a, {.transpose_a = true})); }));
}

// The root of the squares under the values that the kernel has found, which are right where a square overflows or vanishes. Its gradient
// needs the values alone.
Tensor root_with_values(const Tensor& squares, Tensor values) {
    return record("pairwise_distances", std::move(values), gradient(squares, [](const Tensor& g, const Tensor& y) {
                      const Tensor apart = y != 0.0;
                      return where(apart, 0.5 * g / where(apart, y, 1.0), 0.0);
                  }));
}

// Distances, and whether one of them was beyond plain squares.
struct Distances {
    Tensor values;
    bool beyond_squares = false;
};

Distances distances(const Tensor& a, const Tensor& b) {
    const Tensor squares = squared_distances("pairwise_distances", a, b);
    const std::int64_t m = a.size(-2), n = b.size(-2), d = a.size(-1);
    const kernels::BatchPlan batch("pairwise_distances", kernels::leading_shape(a.shape()), kernels::leading_shape(b.shape()));
    Tensor values = empty(squares.shape(), a.dtype());
    bool beyond = false;
    visit_floating("pairwise_distances", a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        for (std::int64_t i = 0; i < batch.shape().numel(); ++i) {
            const auto pair = batch.operands(i);
            beyond |= kernels::distances(m, n, d, a.data<T>().data() + pair.a * m * d, b.data<T>().data() + pair.b * n * d,
                                         squares.data<T>().data() + i * m * n, values.fresh_data<T>() + i * m * n);
        }
    });
    return {root_with_values(squares, values), beyond};
}

// The scale for all rows under which no distance leaves the range of squares; undefined where there is none, rows being of very different
// sizes.
Tensor common_scale(const Tensor& a, const Tensor& b, const Tensor& distances) {
    const Tensor scale = maximum(reshape(power_of_two_scale(a, {}), {}), reshape(power_of_two_scale(b, {}), {}));
    const Tensor smallest = min(where(distances.detach() == 0.0, scale, distances.detach()));
    const double ratio = smallest.item() / scale.item();
    return ratio > (a.dtype() == DType::f32 ? 1e-15 : 1e-140) ? scale : Tensor{};
}

// The largest magnitude of each vector, and not less than the limit: divided by it, no square overflows. It has no gradient, for what it
// cancels from does not depend on it.
Tensor magnitude(const Tensor& a, std::int64_t dim, double limit) {
    if (a.size(dim) == 0) return scalar(1, a.dtype());
    const double smallest = a.dtype() == DType::f32 ? std::numeric_limits<float>::min() : std::numeric_limits<double>::min();
    return clamp(max(abs(a.detach()), dim, true), std::max(limit, smallest), std::numeric_limits<double>::infinity());
}

}  // namespace

Tensor cosine_similarity(const Tensor& a, const Tensor& b, std::int64_t dim, double epsilon) {
    require_vectors("cosine_similarity", a, b);
    const Shape common = broadcast_shapes("cosine_similarity", a.shape(), b.shape());
    require<ShapeError>(common.rank() > 0, "[cosine_similarity] expected vectors, got shapes ", a.shape(), " and ", b.shape());
    const std::int64_t from_end = wrap_dim("cosine_similarity", dim, common.rank()) - common.rank();
    const Tensor x = with_extent(a, common, from_end), y = with_extent(b, common, from_end);
    // So small that their quotient with epsilon stays finite.
    const double limit = std::sqrt(epsilon) * (a.dtype() == DType::f32 ? 1e-17 : 1e-152);
    const Tensor scale_x = magnitude(x, from_end, limit), scale_y = magnitude(y, from_end, limit);
    const Tensor u = x / scale_x, v = y / scale_y;
    const Tensor lengths = root(sum(u * u, from_end, true)) * root(sum(v * v, from_end, true));
    return squeeze(sum(u * v, from_end, true) / maximum(lengths, epsilon / scale_x / scale_y), from_end);
}

Tensor normalize(const Tensor& a, std::int64_t dim, double epsilon) {
    require<DTypeError>(is_floating(a.dtype()), "[normalize] expected vectors of f32 or f64, got ", a.dtype(), "; convert with .to(DType::f32)");
    require<ShapeError>(a.rank() > 0, "[normalize] expected vectors, got shape ", a.shape());
    const std::int64_t along = wrap_dim("normalize", dim, a.rank());
    const Tensor scale = magnitude(a, along, epsilon * 1e-6);
    const Tensor u = a / scale;
    return u / maximum(root(sum(u * u, along, true)), epsilon / scale);
}

Tensor pairwise_distances(const Tensor& a, const Tensor& b) {
    const Distances plain = distances(a, b);
    if (!plain.beyond_squares) return plain.values;
    // The values are right as they are, but their second derivatives go through squares again.
    const Tensor scale = common_scale(a, b, plain.values);
    return scale.defined() ? scale * distances(a / scale, b / scale).values : plain.values;
}

Tensor pairwise_squared_distances(const Tensor& a, const Tensor& b) { return squared_distances("pairwise_squared_distances", a, b); }

}  // namespace knoll
