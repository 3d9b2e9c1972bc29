#include <knoll/core/autograd.h>
#include <knoll/core/ops/arithmetic.h>
#include <knoll/core/ops/random.h>
#include <knoll/nn/optim/evolution_strategy.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace knoll::nn {

EvolutionStrategy::EvolutionStrategy(const EvolutionStrategyOptions& options) : options_(options) {
    require<ValueError>(options.pairs >= 1, "[EvolutionStrategy] expected 1 pair of candidates or more, got ", options.pairs);
    require<ValueError>(options.deviation > 0 && std::isfinite(options.deviation), "[EvolutionStrategy] expected a positive deviation, got ",
                        options.deviation);
}

Tensor EvolutionStrategy::noise(const Tensor& centre, std::int64_t generation, int pair) const {
    require<ShapeError>(centre.rank() == 1, "[EvolutionStrategy] expected the centre as a vector, got shape ", centre.shape());
    Rng rng = Rng{options_.seed}.fork(static_cast<std::uint64_t>(generation)).fork(static_cast<std::uint64_t>(pair));
    return randn(centre.shape(), rng, centre.dtype());
}

Tensor EvolutionStrategy::candidate(const Tensor& centre, std::int64_t generation, int i) const {
    const NoGrad no_grad;
    require<IndexError>(i >= 0 && i < candidates(), "[EvolutionStrategy] expected a candidate from 0 to ", candidates() - 1, ", got ", i);
    const double sign = i % 2 == 0 ? 1.0 : -1.0;
    return centre + sign * options_.deviation * noise(centre, generation, i / 2);
}

Tensor EvolutionStrategy::ascent(const Tensor& centre, std::int64_t generation, std::span<const double> fitness) const {
    const NoGrad no_grad;
    require<ValueError>(std::ssize(fitness) == candidates(), "[EvolutionStrategy] expected the fitness of ", candidates(), " candidates, got ", fitness.size());
    const std::vector<double> shaped = options_.ranks ? centred_ranks(fitness) : std::vector<double>(fitness.begin(), fitness.end());
    Tensor sum = zeros_like(centre).detach();
    for (int pair = 0; pair < options_.pairs; ++pair) {
        const std::size_t plus = 2 * static_cast<std::size_t>(pair);
        sum += (shaped[plus] - shaped[plus + 1]) * noise(centre, generation, pair);
    }
    return sum / (2.0 * options_.pairs * options_.deviation);
}

std::vector<double> centred_ranks(std::span<const double> values) {
    const auto below = [&](std::size_t a, std::size_t b) { return std::isnan(values[a]) ? !std::isnan(values[b]) : values[a] < values[b]; };
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), below);
    std::vector<double> ranks(values.size());
    for (std::size_t begin = 0; begin < order.size();) {
        std::size_t end = begin + 1;
        while (end < order.size() && !below(order[begin], order[end])) ++end;
        const double rank = 0.5 * static_cast<double>(begin + end - 1);
        for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = values.size() == 1 ? 0.0 : rank / static_cast<double>(values.size() - 1) - 0.5;
        begin = end;
    }
    return ranks;
}

}  // namespace knoll::nn
