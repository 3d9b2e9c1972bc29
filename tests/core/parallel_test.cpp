#include <knoll/core/error.h>
#include <knoll/core/parallel.h>
#include <catch2/catch.hpp>

#include <atomic>
#include <limits>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

using namespace knoll;

namespace {

class Threads {
public:
    explicit Threads(int count) : before_(num_threads()) { set_num_threads(count); }
    ~Threads() { set_num_threads(before_); }
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;

private:
    int before_;
};

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

TEST_CASE("denormals are flushed inside kernels only, and only while asked for") {
    const Threads scope(2);
    volatile double smallest = std::numeric_limits<double>::min();
    const auto is_kept = [&] { return smallest / 2 > 0; };
    const auto kept_in_kernels = [&] {
        std::atomic<int> kept{0};
        parallel_chunks(64, [&](std::int64_t) { kept += is_kept() ? 1 : 0; });
        return kept.load();
    };
    CHECK(flush_denormals());
    CHECK(kept_in_kernels() == 0);
    CHECK(is_kept());
    set_flush_denormals(false);
    CHECK(kept_in_kernels() == 64);
    set_flush_denormals(true);
    CHECK(kept_in_kernels() == 0);
}
