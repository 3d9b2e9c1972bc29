// Evolution strategies (Salimans et al. 2017, arXiv 1703.03864): the gradient of a number that can only be measured, estimated from
// measurements at random places around a point. With e_k normal noise and F the fitness at theta + sigma e_k and theta - sigma e_k,
//
//     estimate = 1 / (2 n sigma) * sum over pairs k = 1 .. n of (F_k+ - F_k-) e_k
//
// Pairs of opposite noise (antithetic) cancel whatever is even around the point. In place of the fitness its rank is taken, scaled to
// [-1/2, 1/2], so neither the fitness's scale nor one measurement gone wild counts. Any optimiser takes the step.
#pragma once

#include <knoll/core/tensor.h>

#include <span>
#include <vector>

namespace knoll::nn {

struct EvolutionStrategyOptions {
    int pairs = 16;          ///< n: of candidates, theta + sigma e and theta - sigma e
    double deviation = 0.1;  ///< sigma
    bool ranks = true;       ///< shape the fitness by ranks; otherwise as it is
    std::uint64_t seed = 0;
};

/// Has no state: noise is a function of (seed, generation, pair), so candidates can be measured in any order, on any thread.
class EvolutionStrategy {
public:
    /// Throws ValueError unless there is 1 pair or more and the deviation is positive and finite.
    explicit EvolutionStrategy(const EvolutionStrategyOptions& options = {});

    /// 2 n.
    int candidates() const { return 2 * options_.pairs; }
    /// Candidate i of a generation around the centre, a vector [P] of f32 or f64: for i = 2 k plus the noise of pair k, for 2 k + 1 minus it.
    Tensor candidate(const Tensor& centre, std::int64_t generation, int i) const;
    /// The estimated gradient of the fitness, larger being better: one for each candidate, in order. NaN ranks below all numbers. To be
    /// climbed: an optimiser, which descends, wants its negative.
    Tensor ascent(const Tensor& centre, std::int64_t generation, std::span<const double> fitness) const;

private:
    Tensor noise(const Tensor& centre, std::int64_t generation, int pair) const;

    EvolutionStrategyOptions options_;
};

/// Ranks of the values scaled to [-1/2, 1/2], smallest first; equal values share the mean of their ranks; NaN is smallest. One value: 0.
std::vector<double> centred_ranks(std::span<const double> values);

}  // namespace knoll::nn
