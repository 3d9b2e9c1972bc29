#include <knoll/core/memory.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define KNOLL_CACHE_MEMORY 0  // let the sanitizer see every release
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KNOLL_CACHE_MEMORY 0
#endif
#endif
#ifndef KNOLL_CACHE_MEMORY
#define KNOLL_CACHE_MEMORY 1
#endif

namespace knoll {

namespace {

constexpr bool cache_memory = KNOLL_CACHE_MEMORY != 0;
constexpr std::size_t alignment = 64;

// Four classes per power of two: at most a fifth of a block is wasted.
std::size_t class_size(std::size_t bytes) {
    if (bytes <= 256) return (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
    const std::size_t step = std::bit_floor(bytes - 1) / 4;
    return (bytes + step - 1) / step * step;
}

struct Cache {
    std::mutex mutex;
    std::map<std::size_t, std::vector<void*>> free;
    MemoryStatistics statistics;
};

// Never destroyed: tensors with static lifetime may be released after it would have been.
Cache& cache() {
    static Cache& instance = *new Cache;
    return instance;
}

void* allocate_from_system(std::size_t bytes) {
    void* block = std::aligned_alloc(alignment, bytes);
    if (block == nullptr) throw std::bad_alloc{};
    return block;
}

constexpr std::size_t small_step = 16;
constexpr std::size_t small_classes = 64;  // up to 1 KiB

struct FreeBlock {
    FreeBlock* next;
};

struct SmallLists {
    std::array<FreeBlock*, small_classes> heads{};
    ~SmallLists();
};

// Set once a thread's lists are gone, for objects that outlive them.
thread_local bool small_lists_gone = false;
thread_local SmallLists small_lists;

SmallLists::~SmallLists() {
    small_lists_gone = true;
    for (FreeBlock* head : heads)
        while (head != nullptr) {
            FreeBlock* next = head->next;
            std::free(head);
            head = next;
        }
}

}  // namespace

void* allocate_block(std::size_t bytes) {
    const std::size_t size = class_size(bytes);
    Cache& blocks = cache();
    const std::scoped_lock lock(blocks.mutex);
    auto& in_use = blocks.statistics.in_use;
    void* block = nullptr;
    if (const auto found = blocks.free.find(size); found != blocks.free.end() && !found->second.empty()) {
        block = found->second.back();
        found->second.pop_back();
        blocks.statistics.cached -= static_cast<std::int64_t>(size);
    } else {
        block = allocate_from_system(size);
        ++blocks.statistics.system_allocations;
    }
    in_use += static_cast<std::int64_t>(size);
    blocks.statistics.peak = std::max(blocks.statistics.peak, in_use);
    return block;
}

void release_block(void* block, std::size_t bytes) noexcept {
    const std::size_t size = class_size(bytes);
    Cache& blocks = cache();
    const std::scoped_lock lock(blocks.mutex);
    blocks.statistics.in_use -= static_cast<std::int64_t>(size);
    if (!cache_memory) {
        std::free(block);
        return;
    }
    try {
        blocks.free[size].push_back(block);
        blocks.statistics.cached += static_cast<std::int64_t>(size);
    } catch (const std::bad_alloc&) {
        std::free(block);
    }
}

void* allocate_small(std::size_t bytes) {
    const std::size_t index = (bytes + small_step - 1) / small_step;
    if (index >= small_classes) return allocate_block(bytes);
    if (!cache_memory || small_lists_gone) {
        void* block = std::malloc(bytes);
        if (block == nullptr) throw std::bad_alloc{};
        return block;
    }
    FreeBlock*& head = small_lists.heads[index];
    if (head != nullptr) {
        FreeBlock* block = head;
        head = block->next;
        return block;
    }
    void* block = std::malloc(std::max(index, std::size_t{1}) * small_step);
    if (block == nullptr) throw std::bad_alloc{};
    return block;
}

void release_small(void* block, std::size_t bytes) noexcept {
    const std::size_t index = (bytes + small_step - 1) / small_step;
    if (index >= small_classes) {
        release_block(block, bytes);
        return;
    }
    if (!cache_memory || small_lists_gone) {
        std::free(block);
        return;
    }
    auto* freed = static_cast<FreeBlock*>(block);
    freed->next = small_lists.heads[index];
    small_lists.heads[index] = freed;
}

MemoryStatistics memory_statistics() {
    Cache& blocks = cache();
    const std::scoped_lock lock(blocks.mutex);
    return blocks.statistics;
}

void reset_peak_memory() {
    Cache& blocks = cache();
    const std::scoped_lock lock(blocks.mutex);
    blocks.statistics.peak = blocks.statistics.in_use;
}

void release_cached_memory() {
    Cache& blocks = cache();
    const std::scoped_lock lock(blocks.mutex);
    for (auto& [size, list] : blocks.free)
        for (void* block : list) std::free(block);
    blocks.free.clear();
    blocks.statistics.cached = 0;
}

}  // namespace knoll
