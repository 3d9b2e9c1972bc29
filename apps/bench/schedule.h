// How long a step would take on more threads than this machine has. Its parallel calls are cut into chunks whose bounds do not depend on
// the number of threads (parallel.h), so the times of the chunks, measured on one thread, tell how well they fill any number of them. What
// this leaves out: threads that share memory's bandwidth and caches, and the time to wake them. It is what the cut allows, a bound from below.
#pragma once

#include <functional>
#include <span>
#include <vector>

namespace knoll::apps {

/// When the last chunk is done, if each of so many threads takes the next one as soon as it is free.
double makespan(std::span<const double> chunks, int threads);

/// One step, in milliseconds.
struct Schedule {
    double serial = 0;                         ///< spent outside of parallel calls
    std::vector<std::vector<double>> regions;  ///< each parallel call's chunks, in the order in which threads take them

    double milliseconds(int threads) const;
};

/// Runs the step in this thread alone so many times; of each chunk, and of what is between them, this is the median. Every run must make the
/// same parallel calls, as a training step does.
Schedule record_schedule(const std::function<void()>& step, int runs);

}  // namespace knoll::apps
