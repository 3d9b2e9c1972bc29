#include <knoll/core/autograd.h>
#include <knoll/core/memory.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/tensor.h>
#include <catch2/catch.hpp>

#if defined(__linux__)
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

using namespace knoll;

namespace {

// Under the address sanitizer nothing is cached, so that it sees every release.
bool caches() {
    release_block(allocate_block(64), 64);
    return memory_statistics().cached > 0;
}

}  // namespace

TEST_CASE("blocks are aligned to 64 bytes at any size, and apart from each other") {
    std::vector<std::pair<unsigned char*, std::size_t>> blocks;
    for (const std::size_t bytes : {0U, 1U, 63U, 64U, 65U, 255U, 256U, 257U, 1000U, 4097U, 1U << 20}) {
        auto* block = static_cast<unsigned char*>(allocate_block(bytes));
        CHECK(reinterpret_cast<std::uintptr_t>(block) % 64 == 0);
        std::memset(block, static_cast<int>(blocks.size()), bytes);
        blocks.emplace_back(block, bytes);
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const auto [block, bytes] = blocks[i];
        CHECK(std::count(block, block + bytes, i) == static_cast<std::ptrdiff_t>(bytes));
        release_block(block, bytes);
    }
}

TEST_CASE("a released block is used again for the next of its size") {
    if (!caches()) return;
    void* first = allocate_block(5000);
    release_block(first, 5000);
    const std::int64_t before = memory_statistics().system_allocations;
    void* second = allocate_block(5000);
    CHECK(second == first);
    CHECK(memory_statistics().system_allocations == before);
    release_block(second, 5000);
}

TEST_CASE("statistics follow what tensors use, and the most of it") {
    const std::int64_t before = memory_statistics().in_use;
    reset_peak_memory();
    {
        const Tensor large = empty({1 << 20});
        const std::int64_t used = memory_statistics().in_use - before;
        CHECK(used >= 4 << 20);
        CHECK(used <= (4 << 20) * 5 / 4);
    }
    CHECK(memory_statistics().in_use == before);
    CHECK(memory_statistics().peak - before >= 4 << 20);
    reset_peak_memory();
    CHECK(memory_statistics().peak == before);
}

TEST_CASE("cached memory goes back to the system on request") {
    release_block(allocate_block(1 << 16), 1 << 16);
    release_cached_memory();
    CHECK(memory_statistics().cached == 0);
}

#if defined(__linux__)
namespace {

std::size_t address_space() {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

constexpr std::size_t mib = std::size_t{1} << 20;
constexpr std::size_t block_bytes = 40 * mib;  // so large that each is a mapping of its own, which returns to the system when freed

// In a child that has used up what the system gives, five blocks are cached. Returns what a function answers there.
template <class F>
bool holds_where_the_rest_is_cached(const F& function) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        release_cached_memory();
        rlimit limit{};
        bool right = getrlimit(RLIMIT_AS, &limit) == 0;
        limit.rlim_cur = address_space() + 8 * block_bytes;  // the hard limit stays: who has one may not raise it
        right = right && setrlimit(RLIMIT_AS, &limit) == 0;
        std::vector<void*> blocks;
        try {
            for (;;) blocks.push_back(allocate_block(block_bytes));
        } catch (const std::bad_alloc&) {
        }
        right = right && blocks.size() >= 6;
        for (int i = 0; i < 5; ++i) {
            release_block(blocks.back(), block_bytes);
            blocks.pop_back();
        }
        try {
            right = right && function();
        } catch (const std::bad_alloc&) {
            right = false;
        }
        std::_Exit(right ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return status == 0;
}

}  // namespace

TEST_CASE("what is cached for other sizes goes back before the system counts as having no more") {
    if (!caches()) return;
    CHECK(holds_where_the_rest_is_cached([] {
        allocate_block(100 * mib);
        return memory_statistics().cached == 0;
    }));
}

TEST_CASE("small objects get what is cached for large blocks before the system counts as having no more") {
    if (!caches()) return;
    CHECK(holds_where_the_rest_is_cached([] {
        while (memory_statistics().cached > 0) allocate_small(1000);
        return true;
    }));
}

TEST_CASE("where even that is not enough, the failure leaves the cache in order") {
    if (!caches()) return;
    CHECK(holds_where_the_rest_is_cached([] {
        const std::int64_t before = memory_statistics().in_use;
        try {
            allocate_block(std::size_t{1} << 46);
            return false;
        } catch (const std::bad_alloc&) {
        }
        const bool went_back = memory_statistics().cached == 0;
        void* block = allocate_block(block_bytes);
        const bool counted = memory_statistics().in_use == before + static_cast<std::int64_t>(block_bytes);
        release_block(block, block_bytes);
        return went_back && counted && memory_statistics().in_use == before;
    }));
}
#endif

TEST_CASE("a step that repeats asks the system for nothing") {
    if (!caches()) return;
    Tensor weight = ones({300}).set_requires_grad();
    const auto step = [&] {
        backward(sum(weight * weight * 0.5));
        const NoGrad no_grad;
        weight -= weight.grad() * 0.1;
        weight.zero_grad();
    };
    for (int i = 0; i < 3; ++i) step();
    const std::int64_t before = memory_statistics().system_allocations;
    for (int i = 0; i < 10; ++i) step();
    CHECK(memory_statistics().system_allocations == before);
}

TEST_CASE("small objects are aligned, apart from each other, and may be released by another thread") {
    std::vector<std::pair<unsigned char*, std::size_t>> blocks;
    for (std::size_t bytes = 1; bytes < 1500; bytes += 37) {
        auto* block = static_cast<unsigned char*>(allocate_small(bytes));
        CHECK(reinterpret_cast<std::uintptr_t>(block) % 16 == 0);
        std::memset(block, static_cast<int>(blocks.size()), bytes);
        blocks.emplace_back(block, bytes);
    }
    for (std::size_t i = 0; i < blocks.size(); ++i)
        CHECK(std::count(blocks[i].first, blocks[i].first + blocks[i].second, i) == static_cast<std::ptrdiff_t>(blocks[i].second));
    std::thread([&] {
        for (const auto& [block, bytes] : blocks) release_small(block, bytes);
    }).join();
}

TEST_CASE("a tensor with a history may be the last of its thread's objects to go") {
    const std::int64_t before = memory_statistics().in_use;
    std::thread([] {
        thread_local Tensor kept = ones({300}).set_requires_grad();
        const Tensor gone = ones({300}).set_requires_grad() * 2.0;
        kept = kept * kept;
    }).join();
    CHECK(memory_statistics().in_use == before);
}

TEST_CASE("standard containers work on the small-object cache") {
    std::vector<int, SmallAllocator<int>> numbers;
    for (int i = 0; i < 10'000; ++i) numbers.push_back(i);
    for (int i = 0; i < 10'000; ++i) REQUIRE(numbers[static_cast<std::size_t>(i)] == i);
    const auto shared = std::allocate_shared<std::vector<int>>(SmallAllocator<std::vector<int>>{}, 3, 7);
    CHECK(*shared == std::vector<int>{7, 7, 7});
}

TEST_CASE("small objects that no list has count as asked of the system, those used again do not") {
    std::vector<void*> blocks(10'000);
    std::int64_t before = memory_statistics().system_allocations;
    for (void*& block : blocks) block = allocate_small(1000);
    CHECK(memory_statistics().system_allocations > before);
    for (void* block : blocks) release_small(block, 1000);
    if (!caches()) return;
    before = memory_statistics().system_allocations;
    for (void*& block : blocks) block = allocate_small(1000);
    for (void* block : blocks) release_small(block, 1000);
    CHECK(memory_statistics().system_allocations == before);
}

TEST_CASE("small objects made by one thread and released by another come back, also from threads that end") {
    if (!caches()) return;
    std::vector<void*> blocks(2000);
    const auto pass = [&] {
        std::thread([&] {
            for (void*& block : blocks) block = allocate_small(700);
        }).join();
        for (void* block : blocks) release_small(block, 700);
    };
    // This thread keeps some for itself, at first more and more of them.
    for (int i = 0; i < 10; ++i) pass();
    const std::int64_t before = memory_statistics().system_allocations;
    for (int i = 0; i < 20; ++i) pass();
    CHECK(memory_statistics().system_allocations == before);
}
