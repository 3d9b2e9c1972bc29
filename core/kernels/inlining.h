// What a formula calls must be inlined into its loop, or that is not vectorised. GCC's flatten sees to it (simd.h); Clang has to be told
// of each function. Not under sanitizers: their checks make every copy large, and slow to compile.
#pragma once

#if defined(__clang__)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KNOLL_SANITIZED
#else
#define KNOLL_BEGIN_INLINED _Pragma("clang attribute push(__attribute__((always_inline)), apply_to = function)")
#define KNOLL_END_INLINED _Pragma("clang attribute pop")
#endif
#endif
#if !defined(KNOLL_BEGIN_INLINED)
#define KNOLL_BEGIN_INLINED
#define KNOLL_END_INLINED
#endif
