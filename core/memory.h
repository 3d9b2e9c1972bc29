// Memory from caches, so that a steady training step asks the system for nothing. Large blocks (tensor storage) come
// from one shared cache of size classes; small ones (graph nodes, handles) from free lists per thread, which exchange what
// one thread makes and another releases.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace knoll {

/// At least so many bytes, aligned to 64. Throws std::bad_alloc where the system has no more even after all that is cached went back.
void* allocate_block(std::size_t bytes);
/// Gives a block back to the cache; bytes as asked for.
void release_block(void* block, std::size_t bytes) noexcept;

/// The same for small, short-lived objects, aligned to 16. Large ones are passed on. All of these functions may be called from any
/// thread, and a block released by another than took it.
void* allocate_small(std::size_t bytes);
void release_small(void* block, std::size_t bytes) noexcept;

struct MemoryStatistics {
    std::int64_t in_use = 0;              ///< bytes of tensor storage in use now
    std::int64_t peak = 0;                ///< the most that was in use at once since the last reset
    std::int64_t cached = 0;              ///< bytes kept for reuse
    std::int64_t system_allocations = 0;  ///< how often the system was asked for storage or small objects
};
MemoryStatistics memory_statistics();
void reset_peak_memory();
/// Gives all cached storage back to the system.
void release_cached_memory();

/// An allocator for standard containers and shared_ptr that uses the small-object cache.
template <class T>
struct SmallAllocator {
    using value_type = T;
    SmallAllocator() = default;
    template <class Other>
    SmallAllocator(const SmallAllocator<Other>&) {}
    // T may be a pointer. NOLINTBEGIN(bugprone-sizeof-expression)
    T* allocate(std::size_t count) { return static_cast<T*>(allocate_small(count * sizeof(T))); }
    void deallocate(T* block, std::size_t count) noexcept { release_small(block, count * sizeof(T)); }
    // NOLINTEND(bugprone-sizeof-expression)
    template <class Other>
    friend bool operator==(const SmallAllocator&, const SmallAllocator<Other>&) {
        return true;
    }
};

template <class T>
using SmallVector = std::vector<T, SmallAllocator<T>>;

}  // namespace knoll
