#include <knoll/core/kernels/extremum.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/reduced.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/record.h>

namespace knoll {

namespace {

Tensor extremum(const char* op, const Tensor& a, const Dims& dims, bool keepdim, kernels::Extremum which) {
    const ReducedShape reduced(op, a.shape(), dims);
    require<ShapeError>(reduced.count > 0 || reduced.kept.numel() == 0, "[", op, "] expected at least one element to choose from, got shape ", a.shape());
    Tensor out = reduce_values(a, reduced, keepdim, [which](const auto* x, std::int64_t outer, std::int64_t count, std::int64_t inner, auto* into) {
        kernels::extremum_middle(which, x, outer, count, inner, into);
    });
    return record(op, std::move(out), gradient(a, [a = Saved(a), dims, kept = reduced.kept](const Tensor& g, const Tensor& y) {
                      const Tensor chosen = (a.get().detach() == reshape(y.detach(), kept)).to(g.dtype());
                      return reshape(g, kept) * (chosen / sum(chosen, dims, true));
                  }));
}

}  // namespace

Tensor max(const Tensor& a, const Dims& dims, bool keepdim) { return extremum("max", a, dims, keepdim, kernels::Extremum::largest); }
Tensor min(const Tensor& a, const Dims& dims, bool keepdim) { return extremum("min", a, dims, keepdim, kernels::Extremum::smallest); }

}  // namespace knoll
