#include <knoll/apps/bench/schedule.h>

#include <knoll/core/parallel.h>

#include <catch2/catch.hpp>

#include <algorithm>

using namespace knoll;
using namespace knoll::apps;

TEST_CASE("each chunk goes to the thread that is free first") {
    const std::vector<double> chunks{3, 1, 1, 1, 2};
    CHECK(makespan(chunks, 1) == 8);
    CHECK(makespan(chunks, 2) == 5);
    CHECK(makespan(chunks, 5) == 3);
    CHECK(makespan(chunks, 16) == 3);
    CHECK(makespan({}, 4) == 0);
}

TEST_CASE("parallel calls follow each other, and what is between them is not divided") {
    const Schedule schedule{.serial = 2, .regions = {{1, 1, 1, 1}, {4, 2}}};
    CHECK(schedule.milliseconds(1) == 2 + 4 + 6);
    CHECK(schedule.milliseconds(2) == 2 + 2 + 4);
    CHECK(schedule.milliseconds(16) == 2 + 1 + 4);
}

TEST_CASE("a schedule has the chunks of every parallel call of a step") {
    int runs = 0;
    const auto step = [&] {
        parallel_chunks(3, [&](std::int64_t) { ++runs; });
        parallel_chunks(1, [&](std::int64_t) { ++runs; });
        parallel_chunks(5, [&](std::int64_t) { ++runs; });
    };
    const Schedule schedule = record_schedule(step, 4);
    CHECK(runs == 4 * 9);
    REQUIRE(schedule.regions.size() == 2);
    CHECK(schedule.regions[0].size() == 3);
    CHECK(schedule.regions[1].size() == 5);
    CHECK(std::all_of(schedule.regions[1].begin(), schedule.regions[1].end(), [](double time) { return time >= 0; }));
    CHECK(schedule.serial >= 0);
    parallel_chunks(4, [&](std::int64_t) {});  // nobody records any more
    CHECK(schedule.regions.size() == 2);
}

TEST_CASE("what a schedule takes on one thread is what its step took") {
    const auto step = [] {
        volatile double sum = 0;
        for (int i = 0; i < 200'000; ++i) sum = sum + 1;
        parallel_chunks(2, [](std::int64_t) {
            volatile double inner = 0;
            for (int i = 0; i < 100'000; ++i) inner = inner + 1;
        });
    };
    const Schedule schedule = record_schedule(step, 5);
    CHECK(schedule.serial > 0);
    CHECK(schedule.milliseconds(1) == schedule.serial + (schedule.regions[0][0] + schedule.regions[0][1]));
    CHECK(schedule.milliseconds(2) == schedule.serial + std::max(schedule.regions[0][0], schedule.regions[0][1]));
}
