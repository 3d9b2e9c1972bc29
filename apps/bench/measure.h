// Timing.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace knoll::apps {

double median(std::vector<double> values);

/// Median milliseconds of a call, from calls that together take about so many seconds; a few before that do not count.
double median_milliseconds(const std::function<void()>& call, double seconds);

/// Two calls that take turns, so that both see the same disturbances: median milliseconds of each, and the median of first / second.
struct Turns {
    double first = 0, second = 0, ratio = 0;
};
Turns take_turns(const std::function<void()>& first, const std::function<void()>& second);

/// Single-precision matrix product of 1024 x 1024, in 10^9 multiplications and additions per second: the machine's practical peak.
double sgemm_gflops(int threads, double seconds);

struct Measurement {
    std::string name;
    std::int64_t batch = 0;
    std::vector<std::int64_t> shape;
    int threads = 0;
    double milliseconds = 0;
    double images_per_second = 0;
    double gflops = 0;
};

struct BenchReport {
    std::string machine;
    std::vector<std::pair<int, double>> sgemm_gflops;  ///< by number of threads
    std::vector<Measurement> results;
};

/// {"machine", "sgemm_gflops": {"1": x}, "results": [{"name", "batch", "shape", "threads", "ms_per_step", "images_per_second", "gflops"}]}
std::string bench_json(const BenchReport& report);

}  // namespace knoll::apps
