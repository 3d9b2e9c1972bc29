#include <knoll/core/error.h>
#include <knoll/core/kernels/blas_threads.h>
#include <knoll/core/kernels/gemm.h>
#include <knoll/core/parallel.h>

#include <algorithm>
#include <cblas.h>
#include <limits>
#include <type_traits>

namespace knoll::kernels {

namespace {

// Work that pays for waking a thread, and the side below which packing the operands eats what a block gains.
constexpr std::int64_t block_flops = 8'000'000;
constexpr std::int64_t smallest_side = 64;

blasint blas_integer(std::int64_t value) {
    require<ShapeError>(value <= std::numeric_limits<blasint>::max(), "[gemm] expected extents up to ", std::numeric_limits<blasint>::max(), ", got ", value);
    return static_cast<blasint>(value);
}

// A sum over nothing is 0; BLAS wants leading dimensions of at least 1, which an empty operand does not have.
template <class T>
void scale(const Gemm& shape, T beta, T* c) {
    for (std::int64_t row = 0; row < shape.m; ++row)
        for (std::int64_t column = 0; column < shape.n; ++column) {
            T& value = c[row * shape.ldc + column];
            value = beta == T(0) ? T(0) : value * beta;
        }
}

std::int64_t halve(std::int64_t side) { return (side / 2 + 15) / 16 * 16; }

}  // namespace

Gemm dense_gemm(std::int64_t m, std::int64_t n, std::int64_t k, bool transpose_a, bool transpose_b) {
    return {.m = m, .n = n, .k = k, .transpose_a = transpose_a, .transpose_b = transpose_b, .lda = transpose_a ? m : k, .ldb = transpose_b ? k : n, .ldc = n};
}

template <class T>
void gemm(const Gemm& shape, T alpha, const T* a, const T* b, T beta, T* c) {
    if (shape.m == 0 || shape.n == 0) return;
    if (shape.k == 0) {
        scale(shape, beta, c);
        return;
    }
    const OneBlasThread held;
    const auto turn = blas_turn();
    const auto product = [] {
        if constexpr (std::is_same_v<T, float>)
            return cblas_sgemm;
        else
            return cblas_dgemm;
    }();
    product(CblasRowMajor, shape.transpose_a ? CblasTrans : CblasNoTrans, shape.transpose_b ? CblasTrans : CblasNoTrans, blas_integer(shape.m),
            blas_integer(shape.n), blas_integer(shape.k), alpha, a, blas_integer(shape.lda), b, blas_integer(shape.ldb), beta, c, blas_integer(shape.ldc));
}

template <class T>
void parallel_gemm(const Gemm& shape, T alpha, const T* a, const T* b, T beta, T* c) {
    Gemm block = shape;
    while (block.flops() > block_flops && std::max(block.m, block.n) >= 2 * smallest_side) {
        std::int64_t& longer = block.m >= block.n ? block.m : block.n;
        longer = halve(longer);
    }
    const std::int64_t down = block.m > 0 ? (shape.m + block.m - 1) / block.m : 0;
    const std::int64_t across = block.n > 0 ? (shape.n + block.n - 1) / block.n : 0;
    parallel_chunks(down * across, [&](std::int64_t chunk) {
        const std::int64_t row = chunk / across * block.m;
        const std::int64_t column = chunk % across * block.n;
        Gemm part = shape;
        part.m = std::min(block.m, shape.m - row);
        part.n = std::min(block.n, shape.n - column);
        gemm(part, alpha, a + (shape.transpose_a ? row : row * shape.lda), b + (shape.transpose_b ? column * shape.ldb : column), beta,
             c + row * shape.ldc + column);
    });
}

template void gemm(const Gemm&, float, const float*, const float*, float, float*);
template void gemm(const Gemm&, double, const double*, const double*, double, double*);
template void parallel_gemm(const Gemm&, float, const float*, const float*, float, float*);
template void parallel_gemm(const Gemm&, double, const double*, const double*, double, double*);

}  // namespace knoll::kernels
