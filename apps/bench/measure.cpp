#include <knoll/apps/bench/measure.h>

#include <knoll/core/autograd.h>
#include <knoll/core/ops/matmul.h>
#include <knoll/core/ops/random.h>
#include <knoll/core/parallel.h>

#include <algorithm>
#include <chrono>

namespace knoll::apps {

namespace {

double milliseconds(const std::function<void()>& call) {
    const auto start = std::chrono::steady_clock::now();
    call();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

double median_milliseconds(const std::function<void()>& call, double seconds) {
    constexpr int warm_up = 3;
    constexpr std::size_t fewest = 5;
    for (int i = 0; i < warm_up; ++i) call();
    std::vector<double> times;
    for (double total = 0; total < 1000 * seconds || times.size() < fewest; total += times.back()) times.push_back(milliseconds(call));
    return median(std::move(times));
}

Turns take_turns(const std::function<void()>& first, const std::function<void()>& second) {
    // As many calls as take long enough to be timed, and no longer: a busy system lets most such turns pass undisturbed.
    constexpr double turn = 1;
    const auto calls_for = [](const std::function<void()>& call) { return std::clamp(static_cast<int>(turn / milliseconds(call)), 1, 1000); };
    const auto per_call = [](const std::function<void()>& call, int calls) {
        return milliseconds([&] {
                   for (int i = 0; i < calls; ++i) call();
               }) /
               calls;
    };
    const int first_calls = calls_for(first), second_calls = calls_for(second);
    const double longest = std::max(first_calls * milliseconds(first), second_calls * milliseconds(second));
    const int rounds = std::clamp(static_cast<int>(250 / longest), 21, 201);
    std::vector<double> firsts, seconds, ratios;
    for (int round = 0; round < rounds; ++round) {
        firsts.push_back(per_call(first, first_calls));
        seconds.push_back(per_call(second, second_calls));
        ratios.push_back(firsts.back() / seconds.back());
    }
    return {median(std::move(firsts)), median(std::move(seconds)), median(std::move(ratios))};
}

double sgemm_gflops(int threads, double seconds) {
    constexpr std::int64_t side = 1024;
    set_num_threads(threads);
    Rng rng{1};
    const Tensor a = randn({side, side}, rng);
    const Tensor b = randn({side, side}, rng);
    NoGrad no_grad;
    const double time = median_milliseconds([&] { matmul(a, b); }, seconds);
    return 2.0 * side * side * side / (1e6 * time);
}

}  // namespace knoll::apps
