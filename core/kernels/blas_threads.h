// What is asked of BLAS while knoll multiplies: to work on the calling thread alone. OpenBLAS cuts a product in a way that depends on
// the number of its threads, which would change the last bits. How to ask differs with how OpenBLAS was built, and is found out when
// the program runs, since any build of it, or another BLAS, may stand in for the one that the program was linked with.
#pragma once

#include <mutex>

namespace knoll::kernels {

/// While one lives, BLAS does what this thread asks for on this thread alone. Afterwards the number of threads that the program has
/// chosen for BLAS is as it was. They nest, and each thread may have its own. Throws Error if OpenBLAS works with OpenMP and no OpenMP
/// runtime can be found to ask.
class OneBlasThread {
public:
    OneBlasThread();
    ~OneBlasThread();
    OneBlasThread(const OneBlasThread&) = delete;
    OneBlasThread& operator=(const OneBlasThread&) = delete;
};

/// To be held during each call of BLAS. An OpenBLAS built without threads packs the operands of two calls at once into the same memory,
/// and their results are wrong; there it is a lock, with any other BLAS it holds nothing.
std::unique_lock<std::mutex> blas_turn();

}  // namespace knoll::kernels
