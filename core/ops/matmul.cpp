#include <knoll/core/kernels/batch.h>
#include <knoll/core/kernels/blas_threads.h>
#include <knoll/core/kernels/gemm.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/matmul.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/parallel.h>
#include <knoll/core/record.h>

#include <algorithm>

namespace knoll {

namespace {

// Small products share a thread until they make this much work.
constexpr std::int64_t product_flops_per_chunk = 1'000'000;

void require_same_type(const char* op, const Tensor& a, const Tensor& b) {
    require<DTypeError>(is_floating(a.dtype()) && is_floating(b.dtype()), "[", op, "] expected operands of type f32 or f64, got ", a.dtype(), " and ",
                        b.dtype(), "; convert with .to(DType::f32)");
    require<DTypeError>(a.dtype() == b.dtype(), "[", op, "] expected operands of one type, got ", a.dtype(), " and ", b.dtype(), "; convert one with .to()");
}

std::int64_t rows_of(const Tensor& a, bool transposed) { return a.size(transposed ? -1 : -2); }
std::int64_t columns_of(const Tensor& a, bool transposed) { return a.size(transposed ? -2 : -1); }

void require_inner_dimensions(const Tensor& a, const Tensor& b, const MatmulOptions& options) {
    const std::int64_t left = columns_of(a, options.transpose_a), right = rows_of(b, options.transpose_b);
    require<ShapeError>(left == right, "[matmul] expected inner dimensions that agree, got ", left, " and ", right, " in ", a.shape(),
                        options.transpose_a ? " transposed" : "", " x ", b.shape(), options.transpose_b ? " transposed" : "");
}

Tensor product_values(const Tensor& a, const Tensor& b, const MatmulOptions& options) {
    const auto [ta, tb] = options;
    const kernels::Gemm shape = kernels::dense_gemm(rows_of(a, ta), columns_of(b, tb), columns_of(a, ta), ta, tb);
    const kernels::BatchPlan batch("matmul", kernels::leading_shape(a.shape()), kernels::leading_shape(b.shape()));
    Shape result = batch.shape();
    result.push_back(shape.m);
    result.push_back(shape.n);
    Tensor out = empty(result, a.dtype());
    visit_floating("matmul", a.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T* left = a.data<T>().data();
        const T* right = b.data<T>().data();
        T* into = out.fresh_data<T>();
        const std::int64_t grain = std::max<std::int64_t>(1, product_flops_per_chunk / std::max<std::int64_t>(1, shape.flops()));
        parallel_for(batch.shape().numel(), grain, [&](std::int64_t begin, std::int64_t end) {
            const kernels::OneBlasThread held;  // once for all of them: a small product takes little longer
            for (std::int64_t i = begin; i < end; ++i) {
                const auto pair = batch.operands(i);
                kernels::parallel_gemm<T>(shape, 1, left + pair.a * shape.m * shape.k, right + pair.b * shape.k * shape.n, 0, into + i * shape.m * shape.n);
            }
        });
    });
    return out;
}

// Both operands have at least two dimensions. With C = op(A) op(B), the gradient of op(A) is G op(B)^T, that of op(B) is op(A)^T G,
// and an operand that was read transposed has the transpose of that: four cases, each again a product with flags.
Tensor product(const Tensor& a, const Tensor& b, const MatmulOptions& options) {
    const bool ta = options.transpose_a, tb = options.transpose_b;
    return record(
        "matmul", product_values(a, b, options),
        gradient(a, [b = Saved(b), ta,
                     tb](const Tensor& g) { return ta ? product(b, g, {.transpose_a = tb, .transpose_b = true}) : product(g, b, {.transpose_b = !tb}); }),
        gradient(b, [a = Saved(a), ta, tb](const Tensor& g) {
            return tb ? product(g, a, {.transpose_a = true, .transpose_b = ta}) : product(a, g, {.transpose_a = !ta});
        }));
}

Shape with_last(const Shape& shape, std::int64_t last) {
    Shape out = shape;
    out[out.rank() - 1] = last;
    return out;
}

Tensor as_rows(const Tensor& x) {
    std::int64_t rows = 1;
    for (std::int64_t i = 0; i + 1 < x.rank(); ++i) rows *= x.shape()[i];
    return reshape(x, {rows, x.size(-1)});
}

void require_linear_shapes(const Tensor& x, const Tensor& weight, const Tensor& bias) {
    require<ShapeError>(weight.rank() == 2, "[linear] expected a weight of shape [M, K], got ", weight.shape());
    require<ShapeError>(x.rank() >= 1 && x.size(-1) == weight.size(1), "[linear] expected x of shape [.., ", weight.size(1), "] for a weight of shape ",
                        weight.shape(), ", got ", x.shape());
    require_same_type("linear", x, weight);
    if (!bias.defined()) return;
    require<ShapeError>(bias.shape() == Shape{weight.size(0)}, "[linear] expected a bias of shape [", weight.size(0), "] for a weight of shape ",
                        weight.shape(), ", got ", bias.shape());
    require_same_type("linear", x, bias);
}

// The product is added to rows that hold the bias already.
Tensor linear_values(const Tensor& x, const Tensor& weight, const Tensor& bias) {
    const std::int64_t rows = x.size(0), outputs = weight.size(0);
    Tensor out = empty({rows, outputs}, x.dtype());
    visit_floating("linear", x.dtype(), [&](auto zero) {
        using T = decltype(zero);
        T* into = out.fresh_data<T>();
        if (bias.defined())
            for (std::int64_t row = 0; row < rows; ++row) std::copy_n(bias.data<T>().data(), outputs, into + row * outputs);
        kernels::parallel_gemm<T>(kernels::dense_gemm(rows, outputs, x.size(1), false, true), 1, x.data<T>().data(), weight.data<T>().data(),
                                  bias.defined() ? T(1) : T(0), into);
    });
    return out;
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b, const MatmulOptions& options) {
    require_same_type("matmul", a, b);
    require<ShapeError>(a.rank() >= 1 && b.rank() >= 1, "[matmul] expected vectors or matrices, got shapes ", a.shape(), " and ", b.shape(),
                        "; multiply by a scalar with *");
    require<ValueError>((a.rank() > 1 || !options.transpose_a) && (b.rank() > 1 || !options.transpose_b),
                        "[matmul] expected a matrix where a transpose is asked for, got shapes ", a.shape(), " and ", b.shape());
    if (a.rank() == 1 || b.rank() == 1) {
        const Tensor left = a.rank() == 1 ? reshape(a, {1, a.size(0)}) : a;
        const Tensor right = b.rank() == 1 ? reshape(b, {b.size(0), 1}) : b;
        const Tensor full = matmul(left, right, options);
        Shape shape = full.shape();
        if (b.rank() == 1) shape.erase(shape.rank() - 1);
        if (a.rank() == 1) shape.erase(shape.rank() - (b.rank() == 1 ? 1 : 2));
        return reshape(full, shape);
    }
    require_inner_dimensions(a, b, options);
    // One matrix on the right of a batch: a single product of all rows, with a single gradient for that matrix.
    if (a.rank() > 2 && b.rank() == 2 && !options.transpose_a) {
        const Tensor rows = product(as_rows(a), b, options);
        return reshape(rows, with_last(a.shape(), rows.size(1)));
    }
    return product(a, b, options);
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
    require_linear_shapes(x, weight, bias);
    if (x.rank() != 2) return reshape(linear(as_rows(x), weight, bias), with_last(x.shape(), weight.size(0)));
    return record("linear", linear_values(x, weight, bias), gradient(x, [weight = Saved(weight)](const Tensor& g) { return product(g, weight, {}); }),
                  gradient(weight, [x = Saved(x)](const Tensor& g) { return product(g, x, {.transpose_a = true}); }),
                  gradient(bias, [](const Tensor& g) { return sum(g, 0); }));
}

}  // namespace knoll
