#include <knoll/core/kernels/sum.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/reduced.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/record.h>

#include <type_traits>

namespace knoll {

namespace {

// The product of each row, by halves. Every step is a multiplication, whose gradient is right at zeros and to any order.
Tensor row_products(Tensor rows) {
    while (rows.shape()[1] > 1) {
        const std::int64_t count = rows.shape()[1], half = count / 2;
        const Tensor products = slice(rows, 1, 0, half) * slice(rows, 1, half, 2 * half);
        rows = count % 2 == 0 ? products : concat({products, slice(rows, 1, count - 1, count)}, 1);
    }
    if (rows.shape()[1] == 1) return rows;
    return sum(rows, 1) + ones({rows.shape()[0]}, rows.dtype());  // an empty product is 1, and stays on the tape
}

}  // namespace

Tensor sum(const Tensor& a, const Dims& dims, bool keepdim) {
    if (a.dtype() == DType::u8) return sum(a.to(DType::i64), dims, keepdim);
    const ReducedShape reduced("sum", a.shape(), dims);
    Tensor out = reduce_values(a, reduced, keepdim, [](const auto* x, std::int64_t outer, std::int64_t count, std::int64_t inner, auto* into) {
        if constexpr (!std::is_same_v<decltype(into), std::uint8_t*>) kernels::sum_middle(x, outer, count, inner, into);
    });
    return record("sum", std::move(out),
                  gradient(a, [kept = reduced.kept, shape = a.shape()](const Tensor& g) { return broadcast_to(reshape(g, kept), shape); }));
}

Tensor mean(const Tensor& a, const Dims& dims, bool keepdim) {
    require<DTypeError>(is_floating(a.dtype()), "[mean] expected f32 or f64, got ", a.dtype(), "; convert with .to(DType::f32)");
    const ReducedShape reduced("mean", a.shape(), dims);
    require<ShapeError>(reduced.count > 0 || reduced.kept.numel() == 0, "[mean] expected at least one element, got shape ", a.shape());
    // Divided before it is rounded to an element, so that no sum overflows one.
    Tensor out = reduce_values(a, reduced, keepdim, [](const auto* x, std::int64_t outer, std::int64_t count, std::int64_t inner, auto* into) {
        if constexpr (std::is_floating_point_v<std::remove_pointer_t<decltype(into)>>) kernels::mean_middle(x, outer, count, inner, into);
    });
    return record("mean", std::move(out), gradient(a, [reduced, shape = a.shape()](const Tensor& g) {
                      return broadcast_to(reshape(g, reduced.kept) / static_cast<double>(reduced.count), shape);
                  }));
}

Tensor var(const Tensor& a, const Dims& dims, bool keepdim, std::int64_t correction) {
    require<DTypeError>(is_floating(a.dtype()), "[var] expected f32 or f64, got ", a.dtype(), "; convert with .to(DType::f32)");
    const ReducedShape reduced("var", a.shape(), dims);
    require<ShapeError>(reduced.count > correction, "[var] expected more than ", correction, " elements to reduce, the correction, got ", reduced.count,
                        " from shape ", a.shape(), "; pass a correction of 0 for the population's variance");
    const auto divisor = static_cast<double>(reduced.count - correction);
    // Distances from a rounded mean have a mean themselves: what rounding has taken, which is more than the deviation where the mean is large.
    const Tensor values = a.detach(), rounded_mean = mean(values, dims, true), distance = values - rounded_mean;
    const Tensor rest = mean(distance, dims, keepdim), population = mean(distance * distance, dims, keepdim) - rest * rest;
    Tensor out = where(population < 0.0, 0.0, population) * (static_cast<double>(reduced.count) / divisor);
    return record("var", std::move(out), gradient(a, [a = Saved(a), rounded_mean, dims, divisor, kept = reduced.kept](const Tensor& g) {
                      const Tensor distance = a.get() - rounded_mean;
                      return reshape(g, kept) * (2.0 / divisor) * (distance - mean(distance, dims, true));
                  }));
}

Tensor prod(const Tensor& a, const Dims& dims, bool keepdim) {
    if (a.dtype() == DType::u8) return prod(a.to(DType::i64), dims, keepdim);
    const ReducedShape reduced("prod", a.shape(), dims);
    return reshape(row_products(to_rows(a, reduced)), reduced.result(keepdim));
}

}  // namespace knoll
