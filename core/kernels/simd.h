// One source, two instruction sets. A kernel is a plain loop in a lambda; run_vectorized() compiles it twice, for the
// baseline and for AVX2 with FMA, and calls the one that this processor has. Everything the lambda calls is inlined into
// both, so what it calls must be visible here: no calls into other files, no std:: mathematics (math.h beside this file).
// GCC's flatten inlines calls at any depth, Clang's only those of the function itself: what lies deeper has to be always_inline.
// The lambda should capture by value, and is itself passed by value: then no store through a byte pointer can change what it
// has captured, which would forbid vectorising.
#pragma once

#include <knoll/core/kernels/inlining.h>

#include <type_traits>

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

// Under Clang's sanitizers the baseline alone: they check the same accesses in both, and each takes long to compile.
template <class Body>
void run_vectorized(const Body& body) {
#if defined(__x86_64__) && !defined(KNOLL_SANITIZED)
    if (use_avx2()) {
        run_avx2(body);
        return;
    }
#endif
    run_baseline(body);
}

/// Eight floats or four doubles: a register of AVX2, two of the baseline.
template <class T>
using Vector [[gnu::vector_size(32)]] = T;
template <class T>
constexpr int vector_lanes = static_cast<int>(32 / sizeof(T));

namespace detail {

// For loads and stores at any address. Not std::memcpy: GCC copies in halves what it then reads as a whole, which stalls.
template <class T>
struct Unaligned {
    using Type [[gnu::vector_size(32), gnu::aligned(sizeof(T)), gnu::may_alias]] = T;
};

}  // namespace detail

/// A number, or a vector of neighbours.
template <class T, class Value>
[[gnu::always_inline]] inline void load(const T* from, Value& value) {
    if constexpr (sizeof(Value) == sizeof(T))
        value = *from;
    else
        value = *reinterpret_cast<const typename detail::Unaligned<T>::Type*>(from);
}
template <class T, class Value>
[[gnu::always_inline]] inline void store(T* to, const Value& value) {
    if constexpr (sizeof(Value) == sizeof(T))
        *to = value;
    else
        *reinterpret_cast<typename detail::Unaligned<T>::Type*>(to) = value;
}

/// The same for a body that keeps rows of two vectors in registers: it is told how many fit beside what it works with, as body(std::integral_constant<int,
/// rows>{}).
template <class Body>
void run_in_registers(const Body& body) {
#if defined(__x86_64__)
    if (use_avx2()) {
        run_avx2([=] { body(std::integral_constant<int, 6>{}); });
        return;
    }
    run_baseline([=] { body(std::integral_constant<int, 2>{}); });
#else
    run_baseline([=] { body(std::integral_constant<int, 6>{}); });
#endif
}

}  // namespace knoll::kernels
