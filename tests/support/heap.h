// What the test program asks the heap for: heap.cpp, which is part of every test program, replaces operator new by one that notes it.
// What libraries take with malloc is not seen.
#pragma once

#include <knoll/core/memory.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace knoll {

inline std::atomic<std::int64_t> heap_requests{0};
inline std::atomic<std::size_t> largest_heap_request{0};

/// The most bytes that work() asks the heap for at once, or holds as tensors.
template <class Work>
std::size_t largest_allocation(const Work& work) {
    reset_peak_memory();
    const std::int64_t before = memory_statistics().in_use;
    largest_heap_request = 0;
    work();
    return std::max(largest_heap_request.load(), static_cast<std::size_t>(memory_statistics().peak - before));
}

}  // namespace knoll
