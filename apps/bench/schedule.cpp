#include <knoll/apps/bench/schedule.h>

#include <knoll/apps/bench/measure.h>
#include <knoll/core/parallel.h>

#include <algorithm>
#include <chrono>
#include <numeric>

namespace knoll::apps {

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

// A stand-in for the threads while it lives.
class Recorder {
public:
    explicit Recorder(Schedule& schedule) {
        recorded = &schedule;
        detail::set_runner(run_chunks);
    }
    ~Recorder() { detail::set_runner(nullptr); }
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

private:
    static void run_chunks(std::int64_t chunks, detail::ChunkFunction run, const void* body) {
        std::vector<double>& times = recorded->regions.emplace_back(static_cast<std::size_t>(chunks));
        for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
            const auto start = Clock::now();
            run(body, chunk);
            times[static_cast<std::size_t>(chunk)] = milliseconds_since(start);
        }
    }

    static inline Schedule* recorded = nullptr;
};

Schedule record_run(const std::function<void()>& step) {
    Schedule schedule;
    const Recorder recorder{schedule};
    const auto start = Clock::now();
    step();
    const double all = milliseconds_since(start);
    schedule.serial = all - schedule.milliseconds(1);  // 0 until here
    return schedule;
}

}  // namespace

double makespan(std::span<const double> chunks, int threads) {
    std::vector<double> busy_until(static_cast<std::size_t>(threads));
    for (const double chunk : chunks) *std::min_element(busy_until.begin(), busy_until.end()) += chunk;
    return *std::max_element(busy_until.begin(), busy_until.end());
}

double Schedule::milliseconds(int threads) const {
    return std::accumulate(regions.begin(), regions.end(), serial, [&](double sum, const auto& chunks) { return sum + makespan(chunks, threads); });
}

Schedule record_schedule(const std::function<void()>& step, int runs) {
    std::vector<Schedule> all(static_cast<std::size_t>(runs));
    std::generate(all.begin(), all.end(), [&] { return record_run(step); });
    const auto typical = [&](const auto& time_of) {
        std::vector<double> times(all.size());
        std::transform(all.begin(), all.end(), times.begin(), time_of);
        return median(std::move(times));
    };
    Schedule schedule = all.front();
    schedule.serial = typical([](const Schedule& one) { return one.serial; });
    for (std::size_t region = 0; region < schedule.regions.size(); ++region)
        for (std::size_t chunk = 0; chunk < schedule.regions[region].size(); ++chunk)
            schedule.regions[region][chunk] = typical([=](const Schedule& one) { return one.regions.at(region).at(chunk); });
    return schedule;
}

}  // namespace knoll::apps
