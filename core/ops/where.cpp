#include <knoll/core/kernels/map.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/operand.h>
#include <knoll/core/record.h>

namespace knoll {

namespace {

// out[i] = condition[i] ? a[i * a_step] : b[i * b_step]; a step is 0 (one value for all) or 1.
template <class T>
void select(const std::uint8_t* condition, const T* a, std::int64_t a_step, const T* b, std::int64_t b_step, T* out, std::int64_t n) {
    const auto choose = [](std::uint8_t chosen, T x, T y) { return chosen != 0 ? x : y; };  // reads both, and so needs no branch
    if (a_step == 1 && b_step == 1)
        kernels::run_vectorized([=] {
            for (std::int64_t i = 0; i < n; ++i) out[i] = choose(condition[i], a[i], b[i]);
        });
    else if (a_step == 1)
        kernels::run_vectorized([=, right = *b] {
            for (std::int64_t i = 0; i < n; ++i) out[i] = choose(condition[i], a[i], right);
        });
    else if (b_step == 1)
        kernels::run_vectorized([=, left = *a] {
            for (std::int64_t i = 0; i < n; ++i) out[i] = choose(condition[i], left, b[i]);
        });
    else
        kernels::run_vectorized([=, left = *a, right = *b] {
            for (std::int64_t i = 0; i < n; ++i) out[i] = choose(condition[i], left, right);
        });
}

// The operand as one value, or in the full shape.
Tensor spread(const Tensor& a, const Shape& shape) { return a.numel() == 1 ? a.detach() : broadcast_to(a.detach(), shape); }

Tensor where_values(const Tensor& condition, const Tensor& a, const Tensor& b) {
    const Shape shape = broadcast_shapes("where", condition.shape(), broadcast_shapes("where", a.shape(), b.shape()));
    Tensor out = empty(shape, a.dtype());
    const Tensor mask = broadcast_to(condition, shape), left = spread(a, shape), right = spread(b, shape);
    visit(a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const std::int64_t left_step = left.numel() == 1 ? 0 : 1, right_step = right.numel() == 1 ? 0 : 1;
        const std::uint8_t* chosen = mask.data<std::uint8_t>().data();
        const T* x = left.data<T>().data();
        const T* y = right.data<T>().data();
        T* into = out.fresh_data<T>();
        parallel_for(out.numel(), kernels::map_grain, [&](std::int64_t begin, std::int64_t end) {
            select(chosen + begin, x + begin * left_step, left_step, y + begin * right_step, right_step, into + begin, end - begin);
        });
    });
    return out;
}

}  // namespace

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
    require<DTypeError>(condition.dtype() == DType::u8, "[where] expected a condition of u8, got ", condition.dtype(), "; compare it: condition != 0");
    const DType common = promote(a.dtype(), b.dtype());
    const Tensor left = a.to(common), right = b.to(common);
    return record("where", where_values(condition, left, right),
                  gradient(left, [condition = Saved(condition)](const Tensor& g) { return where(condition, g, 0.0); }),
                  gradient(right, [condition = Saved(condition)](const Tensor& g) { return where(condition, 0.0, g); }));
}

Tensor where(const Tensor& condition, const Tensor& a, PlainNumber b) { return where(condition, a, operand_beside("where", b, a)); }
Tensor where(const Tensor& condition, PlainNumber a, const Tensor& b) { return where(condition, operand_beside("where", a, b), b); }

}  // namespace knoll
