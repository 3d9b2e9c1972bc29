#include <knoll/core/error.h>
#include <knoll/core/kernels/blas_threads.h>

#include <dlfcn.h>

// Weak: null, instead of a program that does not start, where the BLAS that is there is not OpenBLAS.
extern "C" {
[[gnu::weak]] int openblas_get_parallel();
[[gnu::weak]] int openblas_get_num_threads();
[[gnu::weak]] void openblas_set_num_threads(int count);
}

namespace knoll::kernels {

namespace {

enum class BlasKind {
    plain,    // no OpenBLAS: nothing to ask, as of the reference BLAS, which has no threads
    serial,   // OpenBLAS without threads, and without locks
    threads,  // OpenBLAS with a pool of its own, and one number of threads for the whole process
    openmp,   // OpenBLAS on OpenMP, where each thread of the program has a number of its own
};

BlasKind blas_kind() {
    static const BlasKind kind = [] {
        if (openblas_get_parallel == nullptr) return BlasKind::plain;
        const int parallel = openblas_get_parallel();
        return parallel == 0 ? BlasKind::serial : parallel == 1 ? BlasKind::threads : BlasKind::openmp;
    }();
    return kind;
}

// The number for the whole process is 1 from when the first thread needs it until the last no longer does.
struct SharedNumber {
    std::mutex mutex;
    int users = 0;
    int before = 1;

    void hold() {
        const std::scoped_lock lock(mutex);
        if (users++ > 0) return;
        before = openblas_get_num_threads();
        if (before != 1) openblas_set_num_threads(1);
    }

    void release() {
        const std::scoped_lock lock(mutex);
        if (--users > 0 || before == 1) return;
        // Any other number is the program's choice since.
        if (openblas_get_num_threads() == 1) openblas_set_num_threads(before);
    }
};

SharedNumber& shared_number() {
    static SharedNumber instance;
    return instance;
}

// Looked up when needed, so that knoll needs no OpenMP where OpenBLAS does not.
struct OpenMP {
    int (*get_max_threads)() = nullptr;
    void (*set_num_threads)(int) = nullptr;
};

const OpenMP& openmp() {
    static const OpenMP found = [] {
        OpenMP runtime;
        runtime.get_max_threads = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "omp_get_max_threads"));
        runtime.set_num_threads = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
        require(
            runtime.get_max_threads != nullptr && runtime.set_num_threads != nullptr,
            "[matmul] expected the OpenMP runtime that OpenBLAS was built for as a shared library, got none; link one (libgomp, libomp), or an OpenBLAS with "
            "threads of its own");
        return runtime;
    }();
    return found;
}

struct ThreadsNumber {
    int holders = 0;
    int before = 1;
};
thread_local ThreadsNumber own_number;

}  // namespace

OneBlasThread::OneBlasThread() {
    const BlasKind kind = blas_kind();
    if (kind == BlasKind::openmp && own_number.holders == 0) {
        own_number.before = openmp().get_max_threads();
        if (own_number.before != 1) openmp().set_num_threads(1);
    } else if (kind == BlasKind::threads && own_number.holders == 0) {
        shared_number().hold();
    }
    ++own_number.holders;
}

OneBlasThread::~OneBlasThread() {
    if (--own_number.holders > 0) return;
    if (blas_kind() == BlasKind::openmp && own_number.before != 1)
        openmp().set_num_threads(own_number.before);
    else if (blas_kind() == BlasKind::threads)
        shared_number().release();
}

std::unique_lock<std::mutex> blas_turn() {
    static std::mutex turn;
    return blas_kind() == BlasKind::serial ? std::unique_lock(turn) : std::unique_lock<std::mutex>();
}

}  // namespace knoll::kernels
