#include "support/threads.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace knoll;

namespace {

std::set<std::pair<std::int64_t, std::int64_t>> ranges(std::int64_t count, std::int64_t grain) {
    std::mutex mutex;
    std::set<std::pair<std::int64_t, std::int64_t>> seen;
    parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
        const std::scoped_lock lock(mutex);
        seen.emplace(begin, end);
    });
    return seen;
}

}  // namespace

TEST_CASE("every chunk runs exactly once, at any number of threads") {
    for (const int threads : {1, 2, 5}) {
        const Threads scope(threads);
        CHECK(num_threads() == threads);
        std::vector<std::atomic<int>> runs(1000);
        parallel_chunks(1000, [&](std::int64_t chunk) { ++runs[static_cast<std::size_t>(chunk)]; });
        for (const auto& count : runs) REQUIRE(count == 1);
    }
}

TEST_CASE("ranges cover the work without gaps and do not depend on the number of threads") {
    using Ranges = std::set<std::pair<std::int64_t, std::int64_t>>;
    for (const int threads : {1, 3}) {
        const Threads scope(threads);
        CHECK(ranges(10, 4) == Ranges{{0, 4}, {4, 8}, {8, 10}});
        CHECK(ranges(8, 4) == Ranges{{0, 4}, {4, 8}});
        CHECK(ranges(1, 4) == Ranges{{0, 1}});
        CHECK(ranges(0, 4).empty());
    }
}

TEST_CASE("an exception from a chunk reaches the caller, and the threads go on working") {
    for (const int threads : {1, 4}) {
        const Threads scope(threads);
        const auto faulty = [](std::int64_t chunk) {
            if (chunk == 37) throw std::runtime_error("chunk 37");
        };
        CHECK_THROWS_WITH(parallel_chunks(100, faulty), "chunk 37");
        std::atomic<int> runs{0};
        parallel_chunks(100, [&](std::int64_t) { ++runs; });
        CHECK(runs == 100);
    }
}

TEST_CASE("a nested call runs in the thread that makes it") {
    const Threads scope(4);
    std::atomic<int> runs{0}, strangers{0};
    parallel_chunks(8, [&](std::int64_t) {
        const auto self = std::this_thread::get_id();
        parallel_chunks(50, [&](std::int64_t) {
            ++runs;
            if (std::this_thread::get_id() != self) ++strangers;
        });
    });
    CHECK(runs == 400);
    CHECK(strangers == 0);
}

TEST_CASE("a stand-in for the threads is handed the chunks of every outer call") {
    static std::vector<std::int64_t> seen;
    seen.clear();
    detail::set_runner([](std::int64_t chunks, detail::ChunkFunction run, const void* body) {
        seen.push_back(chunks);
        for (std::int64_t chunk = 0; chunk < chunks; ++chunk) run(body, chunk);
    });
    int runs = 0;
    parallel_chunks(3, [&](std::int64_t) { parallel_chunks(4, [&](std::int64_t) { ++runs; }); });
    parallel_chunks(1, [&](std::int64_t) { ++runs; });
    const auto faulty = [](std::int64_t) { throw std::runtime_error("chunk"); };
    CHECK_THROWS_WITH(parallel_chunks(2, faulty), "chunk");
    parallel_chunks(5, [&](std::int64_t) { ++runs; });
    detail::set_runner(nullptr);
    parallel_chunks(6, [](std::int64_t) {});
    CHECK(runs == 3 * 4 + 1 + 5);
    CHECK(seen == std::vector<std::int64_t>{3, 2, 5});
}

TEST_CASE("threads of the user's own may call at the same time") {
    const Threads scope(3);
    std::atomic<std::int64_t> total{0};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; ++caller)
        callers.emplace_back([&] {
            for (int repeat = 0; repeat < 50; ++repeat) parallel_chunks(20, [&](std::int64_t chunk) { total += chunk; });
        });
    for (std::thread& caller : callers) caller.join();
    CHECK(total == 4 * 50 * 190);
}

TEST_CASE("the number of threads must be at least 1") {
    const int before = num_threads();
    CHECK_THROWS_AS(set_num_threads(0), ValueError);
    CHECK_THROWS_WITH(set_num_threads(-2), "[set_num_threads] expected 1 to 1024, got -2");
    CHECK_THROWS_WITH(set_num_threads(1025), "[set_num_threads] expected 1 to 1024, got 1025");
    CHECK(num_threads() == before);
}

TEST_CASE("the number of threads cannot be set in a parallel body, whatever the number of chunks, and the threads go on working") {
    const std::string text =
        "[set_num_threads] expected a call from outside of kernels, got one from the body of parallel_chunks or parallel_for; set the number before the loop";
    for (const int threads : {1, 3}) {
        const Threads scope(threads);
        for (const std::int64_t chunks : {1, 2, 50}) {
            CHECK_THROWS_WITH(parallel_chunks(chunks, [](std::int64_t) { set_num_threads(2); }), text);
            CHECK(num_threads() == threads);
        }
        // Nested, too, and from a stand-in for the threads.
        CHECK_THROWS_WITH(parallel_chunks(4, [](std::int64_t) { parallel_chunks(1, [](std::int64_t) { set_num_threads(2); }); }), text);
        detail::set_runner([](std::int64_t, detail::ChunkFunction run, const void* body) { run(body, 0); });
        CHECK_THROWS_WITH(parallel_chunks(4, [](std::int64_t) { set_num_threads(2); }), text);
        detail::set_runner(nullptr);
        std::atomic<int> runs{0};
        parallel_chunks(100, [&](std::int64_t) { ++runs; });
        CHECK(runs == 100);
    }
    const Threads scope(2);
    set_num_threads(4);
    CHECK(num_threads() == 4);
}

TEST_CASE("one thread may set the number of threads while others are in kernels, whose results keep their bits") {
    const Threads scope(2);
    Rng rng{3};
    const Tensor a = randn({150, 130}, rng), b = randn({130, 140}, rng);
    const auto alone = sum(matmul(a, b), 0).to_vector();
    std::atomic<int> wrong{0};
    std::atomic<bool> working{true};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 2; ++caller)
        callers.emplace_back([&] {
            while (working)
                if (sum(matmul(a, b), 0).to_vector() != alone) ++wrong;
        });
    for (int repeat = 0; repeat < 100; ++repeat) {
        set_num_threads(1 + repeat % 4);
        if (sum(matmul(a, b), 0).to_vector() != alone) ++wrong;
    }
    working = false;
    for (std::thread& caller : callers) caller.join();
    CHECK(wrong == 0);
}

#if !defined(__SANITIZE_THREAD__)
TEST_CASE("the child of a fork works with a group of its own, and ends") {
    const Threads scope(3);
    Rng rng{4};
    const Tensor a = randn({300, 257}, rng), b = randn({257, 280}, rng);
    const auto before = sum(matmul(a, b), 0).to_vector();
    for (int repeat = 0; repeat < 20; ++repeat) {
        CHECK(sum(matmul(a, b), 0).to_vector() == before);  // the threads are awake when the child is made
        const pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            alarm(60);  // ends a child that waits for what never comes
            bool right = num_threads() == 3 && sum(matmul(a, b), 0).to_vector() == before;
            set_num_threads(2);  // the old group would be waited for here
            right = right && sum(matmul(a, b), 0).to_vector() == before;
            std::_Exit(right ? 0 : 1);
        }
        int status = 0;
        REQUIRE(waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    }
    CHECK(sum(matmul(a, b), 0).to_vector() == before);
}
#endif

namespace {

// Flushing as asked for, until the end of the test.
struct Flushing {
    explicit Flushing(bool on) { REQUIRE(set_flush_denormals(on)); }
    ~Flushing() { set_flush_denormals(before); }
    Flushing(const Flushing&) = delete;
    Flushing& operator=(const Flushing&) = delete;

    bool before = flush_denormals();
};

template <class T>
bool keeps_denormals() {
    volatile T smallest = std::numeric_limits<T>::min(), denormal = std::numeric_limits<T>::denorm_min();
    return smallest / 2 > 0 && denormal * T(1e10) > 0;
}

int chunks_that_keep_denormals() {
    std::atomic<int> kept{0};
    parallel_chunks(64, [&](std::int64_t) { kept += keeps_denormals<float>() && keeps_denormals<double>() ? 1 : 0; });
    return kept;
}

}  // namespace

TEST_CASE("denormals are flushed inside kernels only, and only while asked for") {
    const Threads scope(GENERATE(1, 2));
    CHECK(flush_denormals());
    CHECK(chunks_that_keep_denormals() == 0);
    CHECK(keeps_denormals<double>());
    {
        const Flushing off(false);
        CHECK_FALSE(flush_denormals());
        CHECK(chunks_that_keep_denormals() == 64);
    }
    CHECK(chunks_that_keep_denormals() == 0);
    parallel_chunks(1, [](std::int64_t) { CHECK_FALSE(keeps_denormals<float>()); });
    CHECK_THROWS(parallel_chunks(3, [](std::int64_t) { throw std::runtime_error("stop"); }));
    CHECK(keeps_denormals<float>());
}

#if defined(__x86_64__)
TEST_CASE("a thread that flushes denormals itself has kernels like any other, and goes on flushing") {
    const Threads scope(2);
    const Flushing off(false);
    const unsigned int before = _mm_getcsr();
    _mm_setcsr(before | 0x8040U);
    CHECK(chunks_that_keep_denormals() == 64);
    CHECK_FALSE(keeps_denormals<double>());
    _mm_setcsr(before);
    CHECK(keeps_denormals<double>());
}
#endif

TEST_CASE("results that are denormal, or kept from it, have the same bits at any number of threads") {
    Rng rng{6};
    const Tensor x = randn({300, 401}, rng) * 1e-19, y = randn({300, 401}, rng) * 1e-19, matrix = randn({401, 64}, rng) * 1e-20;
    for (const bool flush : {true, false}) {
        const Flushing scope(flush);
        const auto results = [&] { return std::vector<Tensor>{x * y, matmul(x, matrix), sum(x * y, 0), softmax(x * 1e21, 1) * 1e-37}; };
        check_same_bits(results);
        int denormal = 0;
        for (const double value : results()[0].to_vector()) denormal += value != 0 && std::abs(value) < std::numeric_limits<float>::min() ? 1 : 0;
        CHECK((denormal > 0) != flush);
    }
}
