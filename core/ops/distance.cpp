#include <knoll/core/kernels/batch.h>
#include <knoll/core/kernels/distance.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/distance.h>
#include <knoll/core/ops/elementwise.h>
#include <knoll/core/ops/matmul.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/record.h>

#include <limits>

namespace knoll {

namespace {

// The root, with gradient 0 at 0. The root of 0 is not taken at all, or its infinite slope would turn into NaN.
Tensor root(const Tensor& squares) {
    const Tensor positive = squares != 0.0;  // or NaN, which stays
    return where(positive, sqrt(where(positive, squares, 1.0)), 0.0);
}

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

// The largest magnitude of each vector: divided by it, no square overflows. Not below what keeps the quotients of two such numbers
// finite. It has no gradient, for what it cancels from does not depend on it.
Tensor magnitude(const Tensor& a, std::int64_t dim) {
    if (a.size(dim) == 0) return scalar(1, a.dtype());
    return clamp(max(abs(a.detach()), dim, true), 1e-18, std::numeric_limits<double>::infinity());
}

}  // namespace

Tensor cosine_similarity(const Tensor& a, const Tensor& b, std::int64_t dim, double epsilon) {
    require_vectors("cosine_similarity", a, b);
    const Shape common = broadcast_shapes("cosine_similarity", a.shape(), b.shape());
    require<ShapeError>(common.rank() > 0, "[cosine_similarity] expected vectors, got shapes ", a.shape(), " and ", b.shape());
    const std::int64_t from_end = wrap_dim("cosine_similarity", dim, common.rank()) - common.rank();
    const Tensor x = with_extent(a, common, from_end), y = with_extent(b, common, from_end);
    const Tensor scale_x = magnitude(x, from_end), scale_y = magnitude(y, from_end);
    const Tensor u = x / scale_x, v = y / scale_y;
    const Tensor lengths = root(sum(u * u, from_end, true)) * root(sum(v * v, from_end, true));
    return squeeze(sum(u * v, from_end, true) / maximum(lengths, epsilon / scale_x / scale_y), from_end);
}

Tensor normalize(const Tensor& a, std::int64_t dim, double epsilon) {
    require<DTypeError>(is_floating(a.dtype()), "[normalize] expected vectors of f32 or f64, got ", a.dtype(), "; convert with .to(DType::f32)");
    require<ShapeError>(a.rank() > 0, "[normalize] expected vectors, got shape ", a.shape());
    const std::int64_t along = wrap_dim("normalize", dim, a.rank());
    const Tensor scale = magnitude(a, along);
    const Tensor u = a / scale;
    return u / maximum(root(sum(u * u, along, true)), epsilon / scale);
}

Tensor pairwise_distances(const Tensor& a, const Tensor& b) { return root(squared_distances("pairwise_distances", a, b)); }

Tensor pairwise_squared_distances(const Tensor& a, const Tensor& b) { return squared_distances("pairwise_squared_distances", a, b); }

}  // namespace knoll
