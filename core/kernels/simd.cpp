#include <knoll/core/kernels/simd.h>

#include <cstdlib>

namespace knoll::kernels {

bool use_avx2() {
#if defined(__x86_64__)
    static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && std::getenv("KNOLL_BASELINE") == nullptr;
    return has;
#else
    return false;
#endif
}

}  // namespace knoll::kernels
