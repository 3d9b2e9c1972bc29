// In which order an epoch visits its examples. A sampler is a function of a generator: the loader hands it one that depends
// on (seed, epoch), so the order does too, and on nothing else.
#pragma once

#include <knoll/data/dataset.h>

#include <functional>
#include <vector>

namespace knoll::data {

class Sampler {
public:
    /// No sampler: the loader's own choice.
    Sampler() = default;
    /// So many draws an epoch; order(rng) returns their indices. Throws ValueError on a negative count.
    Sampler(std::int64_t draws, std::function<std::vector<std::int64_t>(Rng)> order);

    explicit operator bool() const { return static_cast<bool>(order_); }
    std::int64_t draws() const { return draws_; }
    /// The indices of an epoch, in order. Throws ValueError if they are not as many as stated.
    std::vector<std::int64_t> order(Rng rng) const;

private:
    std::int64_t draws_ = 0;
    std::function<std::vector<std::int64_t>(Rng)> order_;
};

/// 0 .. count-1.
Sampler sequential_sampler(std::int64_t count);
/// Every example once, in random order.
Sampler shuffling_sampler(std::int64_t count);

// Against imbalance. All three leave out classes that have no examples.

/// Over-sampling: each draw takes a class uniformly, then one of its examples, with replacement; as many draws as examples.
Sampler over_sampler(const LabeledImages& set);
/// Under-sampling: as many examples of each class as the smallest has, without replacement, in random order; drawn anew every epoch.
Sampler under_sampler(const LabeledImages& set);
/// Class-balanced: of every K draws in a row (K classes) one falls on each class, and a class repeats none of its
/// examples before all of them have been drawn. As many draws as examples, rounded up to whole rounds.
Sampler class_balanced_sampler(const LabeledImages& set);

/// For losses of pairs: every classes * examples draws in a row (a batch) have so many classes, drawn anew, and of each so many different
/// examples, next to each other; a class repeats none before too few are left for another batch. As many whole batches as the set has examples
/// for, at least one. Throws ValueError where fewer classes have so many examples, or a number is below 1.
Sampler classes_and_examples_sampler(const LabeledImages& set, std::int64_t classes, std::int64_t examples);

/// Whole bags: a random partition of the examples into bags of `bag`, fixed by bag_seed, and every epoch the bags in another order, each
/// with its examples in a row. What is left over below a whole bag stays out. Throws ValueError unless there is a bag.
Sampler bag_sampler(std::int64_t count, std::int64_t bag, std::uint64_t bag_seed);

}  // namespace knoll::data
