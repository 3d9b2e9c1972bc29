#include <knoll/core/error.h>
#include <knoll/data/dataset.h>
#include <knoll/data/spoil/long_tail.h>

#include <algorithm>
#include <cmath>

namespace knoll::data {

namespace {

std::int64_t most_of(const std::vector<std::int64_t>& counts) { return counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end()); }

}  // namespace

std::vector<double> long_tailed_frequencies(std::int64_t classes, double ratio, std::uint64_t seed) {
    require<ValueError>(classes >= 1, "[long_tailed_frequencies] expected at least one class, got ", classes);
    require<ValueError>(ratio > 0.0 && ratio <= 1.0, "[long_tailed_frequencies] expected a ratio in (0, 1], got ", ratio);
    const std::vector<std::int64_t> order = random_order(classes, Rng{seed});
    std::vector<double> frequencies(order.size());
    for (std::size_t rank = 0; rank < order.size(); ++rank)
        frequencies[static_cast<std::size_t>(order[rank])] = classes == 1 ? 1.0 : std::pow(ratio, static_cast<double>(rank) / static_cast<double>(classes - 1));
    return frequencies;
}

std::int64_t many_from(const std::vector<std::int64_t>& counts) { return (most_of(counts) + 4) / 5; }
std::int64_t few_below(const std::vector<std::int64_t>& counts) { return (most_of(counts) + 19) / 20; }

std::vector<Shot> shots(const std::vector<std::int64_t>& counts) {
    const std::int64_t many = many_from(counts), few = few_below(counts);
    std::vector<Shot> result;
    result.reserve(counts.size());
    for (const std::int64_t count : counts) result.push_back(count >= many ? Shot::many : count < few ? Shot::few : Shot::medium);
    return result;
}

}  // namespace knoll::data
