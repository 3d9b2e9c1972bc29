// Elementwise loops: one function of one or two numbers over whole arrays, vectorised and cut into chunks.
// The function is inlined twice (simd.h), so it must be a lambda of plain arithmetic.
#pragma once

#include <knoll/core/kernels/simd.h>
#include <knoll/core/parallel.h>
#include <knoll/core/shape.h>
#include <knoll/core/tensor.h>

namespace knoll::kernels {

/// Elements per chunk: enough work to pay for a thread, little enough for the L2 cache.
constexpr std::int64_t map_grain = 16384;

/// out[i] = f(x[i]).
template <class In, class Out, class F>
void map_unary(const In* x, Out* out, std::int64_t count, const F& f) {
    parallel_for(count, map_grain, [&](std::int64_t begin, std::int64_t end) {
        const In* from = x + begin;
        Out* into = out + begin;
        const std::int64_t n = end - begin;
        run_vectorized([=] {
            for (std::int64_t i = 0; i < n; ++i) into[i] = f(from[i]);
        });
    });
}

/// out[i] = f(a[i * a_step], b[i * b_step]); a step is 0 (one value for all) or 1.
template <class Left, class Right, class Out, class F>
void map_row(const Left* a, std::int64_t a_step, const Right* b, std::int64_t b_step, Out* out, std::int64_t n, const F& f) {
    if (a_step == 1 && b_step == 1)
        run_vectorized([=] {
            for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i], b[i]);
        });
    else if (a_step == 1)
        run_vectorized([=, right = *b] {
            for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i], right);
        });
    else if (b_step == 1)
        run_vectorized([=, left = *a] {
            for (std::int64_t i = 0; i < n; ++i) out[i] = f(left, b[i]);
        });
    else
        run_vectorized([=, left = *a, right = *b] {
            for (std::int64_t i = 0; i < n; ++i) out[i] = f(left, right);
        });
}

/// How two operands run through a broadcast result: rows of contiguous elements, with neighbouring dimensions merged.
struct BroadcastPlan {
    BroadcastPlan(const Shape& a, const Shape& b, const Shape& out);

    std::int64_t row = 1;   ///< elements per row
    std::int64_t rows = 1;  ///< rows in the result
    std::int64_t a_step = 1, b_step = 1;

    struct Offsets {
        std::int64_t a, b;
    };
    /// Where row r begins in each operand.
    Offsets offsets(std::int64_t r) const;

private:
    IntList extents_, a_strides_, b_strides_;  // of the dimensions outside the row, innermost first
};

/// out = f(a, b) under broadcasting; the three hold their types already, out has the broadcast shape.
template <class Left, class Right, class Out, class F>
void map_mixed(const Tensor& a, const Tensor& b, Tensor& out, const F& f) {
    const Left* left = a.data<Left>().data();
    const Right* right = b.data<Right>().data();
    Out* into = out.fresh_data<Out>();
    if (out.numel() == 0) return;
    const BroadcastPlan plan(a.shape(), b.shape(), out.shape());
    if (plan.rows == 1) {
        parallel_for(plan.row, map_grain, [&](std::int64_t begin, std::int64_t end) {
            map_row(left + begin * plan.a_step, plan.a_step, right + begin * plan.b_step, plan.b_step, into + begin, end - begin, f);
        });
        return;
    }
    const std::int64_t rows_per_chunk = plan.row >= map_grain ? 1 : map_grain / plan.row;
    parallel_for(plan.rows, rows_per_chunk, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r) {
            const auto at = plan.offsets(r);
            map_row(left + at.a, plan.a_step, right + at.b, plan.b_step, into + r * plan.row, plan.row, f);
        }
    });
}

/// The same of two operands of one type.
template <class In, class Out, class F>
void map_binary(const Tensor& a, const Tensor& b, Tensor& out, const F& f) {
    map_mixed<In, In, Out>(a, b, out, f);
}

}  // namespace knoll::kernels
