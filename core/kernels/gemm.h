// Products of row-major matrices, on OpenBLAS. While it multiplies for knoll it is held to one thread (blas_threads.h): its own threads
// lose on the small matrices of small networks, and its way of cutting work depends on their number, which would change the last bits.
#pragma once

#include <cstdint>

namespace knoll::kernels {

/// C [m, n] = alpha op(A) op(B) + beta C with op(A) [m, k] and op(B) [k, n]. The leading dimensions are the distances
/// between the rows of A, B and C as they are stored, that is before op.
struct Gemm {
    std::int64_t m = 0, n = 0, k = 0;
    bool transpose_a = false, transpose_b = false;
    std::int64_t lda = 0, ldb = 0, ldc = 0;

    /// Multiplications and additions.
    std::int64_t flops() const { return 2 * m * n * k; }
};

/// One product of matrices that lie without gaps.
Gemm dense_gemm(std::int64_t m, std::int64_t n, std::int64_t k, bool transpose_a = false, bool transpose_b = false);

/// In the calling thread. With beta = 0 whatever C holds is overwritten, NaN too. T is float or double.
template <class T>
void gemm(const Gemm& shape, T alpha, const T* a, const T* b, T beta, T* c);

/// The same on all threads: C is cut into blocks whose bounds depend on the shape alone.
template <class T>
void parallel_gemm(const Gemm& shape, T alpha, const T* a, const T* b, T beta, T* c);

}  // namespace knoll::kernels
