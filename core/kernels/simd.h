// One source, two instruction sets. A kernel is a plain loop in a lambda; run_vectorized() compiles it twice, for the
// baseline and for AVX2 with FMA, and calls the one that this processor has. Everything the lambda calls is inlined into
// both, so what it calls must be visible here: no calls into other files, no std:: mathematics (math.h beside this file).
// The lambda should capture by value, and is itself passed by value: then no store through a byte pointer can change what it
// has captured, which would forbid vectorising.
#pragma once

namespace knoll::kernels {

/// True if this processor has AVX2 and FMA, and KNOLL_BASELINE is not set in the environment.
bool use_avx2();

#if defined(__x86_64__)
template <class Body>
[[gnu::flatten, gnu::noinline, gnu::target("avx2,fma")]] void run_avx2(Body body) {
    body();
}
#endif

template <class Body>
[[gnu::flatten, gnu::noinline]] void run_baseline(Body body) {
    body();
}

template <class Body>
void run_vectorized(const Body& body) {
#if defined(__x86_64__)
    if (use_avx2()) {
        run_avx2(body);
        return;
    }
#endif
    run_baseline(body);
}

}  // namespace knoll::kernels
