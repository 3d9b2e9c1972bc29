#include "support/heap.h"

#include <cstdlib>
#include <new>

// The thread sanitizer has an operator new of its own in every program: there, nothing is noted.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KNOLL_HEAP_IS_TAKEN
#endif
#endif

#if !defined(KNOLL_HEAP_IS_TAKEN)

namespace {

void* noted(void* block, std::size_t bytes) {
    knoll::heap_requests.fetch_add(1, std::memory_order_relaxed);
    std::size_t largest = knoll::largest_heap_request.load(std::memory_order_relaxed);
    while (bytes > largest && !knoll::largest_heap_request.compare_exchange_weak(largest, bytes, std::memory_order_relaxed)) {
    }
    if (block == nullptr) throw std::bad_alloc{};
    return block;
}

}  // namespace

// The other forms call these.
void* operator new(std::size_t bytes) { return noted(std::malloc(bytes > 0 ? bytes : 1), bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
    const auto step = static_cast<std::size_t>(alignment);
    return noted(std::aligned_alloc(step, (bytes + step - 1) / step * step), bytes);
}
// std::stable_sort calls this one; a sanitizer has its own, which does not go with the delete below.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return std::malloc(bytes > 0 ? bytes : 1); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }

#endif
