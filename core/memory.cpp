#include <knoll/core/memory.h>

#include <algorithm>
#include <array>
#include <atomic>
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

void free_all(Cache& blocks) {
    for (auto& [size, list] : blocks.free)
        for (void* block : list) std::free(block);
    blocks.free.clear();
    blocks.statistics.cached = 0;
}

// Where the system has no more, what is kept for other sizes goes back to it first.
void* allocate_from_system(std::size_t bytes, Cache& blocks) {
    void* block = std::aligned_alloc(alignment, bytes);
    if (block == nullptr) {
        free_all(blocks);
        block = std::aligned_alloc(alignment, bytes);
    }
    if (block == nullptr) throw std::bad_alloc{};
    return block;
}

constexpr std::size_t small_step = 16;
constexpr std::size_t small_classes = 64;  // up to 1 KiB

struct FreeBlock {
    FreeBlock* next;
};

constexpr std::size_t most_kept = 256;  // blocks of one class that a thread keeps for itself
constexpr std::size_t exchanged = 128;  // blocks that change hands at once

struct FreeList {
    FreeBlock* head = nullptr;
    std::size_t count = 0;

    void push(void* block) {
        head = new (block) FreeBlock{head};
        ++count;
    }
    void* pop() {
        FreeBlock* block = head;
        head = block->next;
        --count;
        return block;
    }
    void move_to(FreeList& other, std::size_t blocks) {
        for (; blocks > 0 && count > 0; --blocks) other.push(pop());
    }
};

using FreeLists = std::array<FreeList, small_classes>;

// Where a thread that only releases objects (they were made by another) leaves them for one that only makes some.
struct SharedLists {
    std::mutex mutex;
    FreeLists lists;
};

// Never destroyed, as the cache.
SharedLists& shared_lists() {
    static SharedLists& instance = *new SharedLists;
    return instance;
}

std::atomic<std::int64_t> small_allocations{0};  // that no list could serve

struct SmallLists {
    FreeLists lists;
    ~SmallLists();
};

// Set once a thread's lists are gone, for objects that outlive them.
thread_local bool small_lists_gone = false;
thread_local SmallLists small_lists;

SmallLists::~SmallLists() {
    small_lists_gone = true;
    SharedLists& shared = shared_lists();
    const std::scoped_lock lock(shared.mutex);
    for (std::size_t index = 0; index < small_classes; ++index) lists[index].move_to(shared.lists[index], lists[index].count);
}

void* small_from_system(std::size_t bytes) {
    small_allocations.fetch_add(1, std::memory_order_relaxed);
    void* block = std::malloc(bytes);
    if (block == nullptr) {
        release_cached_memory();
        block = std::malloc(bytes);
    }
    if (block == nullptr) throw std::bad_alloc{};
    return block;
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
        block = allocate_from_system(size, blocks);
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
    if (!cache_memory || small_lists_gone) return small_from_system(bytes);
    FreeList& list = small_lists.lists[index];
    if (list.count == 0) {
        SharedLists& shared = shared_lists();
        const std::scoped_lock lock(shared.mutex);
        shared.lists[index].move_to(list, exchanged);
    }
    return list.count > 0 ? list.pop() : small_from_system(std::max(index, std::size_t{1}) * small_step);
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
    FreeList& list = small_lists.lists[index];
    list.push(block);
    if (list.count <= most_kept) return;
    SharedLists& shared = shared_lists();
    const std::scoped_lock lock(shared.mutex);
    list.move_to(shared.lists[index], exchanged);
}

MemoryStatistics memory_statistics() {
    Cache& blocks = cache();
    const std::scoped_lock lock(blocks.mutex);
    MemoryStatistics statistics = blocks.statistics;
    statistics.system_allocations += small_allocations.load(std::memory_order_relaxed);
    return statistics;
}

void reset_peak_memory() {
    Cache& blocks = cache();
    const std::scoped_lock lock(blocks.mutex);
    blocks.statistics.peak = blocks.statistics.in_use;
}

void release_cached_memory() {
    Cache& blocks = cache();
    const std::scoped_lock lock(blocks.mutex);
    free_all(blocks);
}

}  // namespace knoll
