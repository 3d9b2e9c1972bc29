// Active learning: the model says which labels it wants to see next.
#pragma once

#include <knoll/apps/procedures/procedure.h>
#include <knoll/apps/training/hyperparameters.h>
#include <knoll/data/dataset.h>

#include <string>
#include <vector>

namespace knoll::apps {

struct BuyingPlan {
    std::int64_t initial = 100;      ///< labels bought before the first round, at random
    std::int64_t budget = 600;       ///< labels bought in all
    int rounds = 6;                  ///< the last of which trains with all of them
    std::int64_t candidates = 2000;  ///< examples without a label that a strategy looks at before a round, drawn at random

    /// Labels that a round (from 0) trains on: evenly more from round to round.
    std::int64_t bought(int round) const;
};

/// random, entropy, margin, coreset, ldm: what data/active has.
const std::vector<std::string>& strategy_names();

/// Which examples of the pool have labels, in the order bought, and what the model took each for just before.
class Purchases {
public:
    Purchases(data::LabeledImages pool, const BuyingPlan& plan, std::uint64_t seed);

    const data::LabeledImages& pool() const { return pool_; }
    const BuyingPlan& plan() const { return plan_; }
    std::vector<std::int64_t> bought() const;
    std::vector<std::int64_t> guesses() const;
    data::LabeledImages labelled() const { return data::subset(pool_, bought()); }

    /// Buys what the plan has for a round, with the model as it is, which must be in evaluation mode; its last module is an nn::Linear. The first
    /// round's are the same for every strategy. What is random depends on (seed, round) alone.
    void buy(const std::string& strategy, nn::Sequential& model, int round);

    /// -1 where nothing has been bought yet; the tensors share this object's arrays.
    nn::StateDict state_dict() const { return {{"bought", bought_}, {"guesses", guesses_}}; }

private:
    std::vector<std::int64_t> candidates(int round) const;

    data::LabeledImages pool_;
    BuyingPlan plan_;
    std::uint64_t seed_;
    Tensor bought_;   // i64 [budget]
    Tensor guesses_;  // i64 [budget]
};

/// Before each round (an epoch of the run) labels are bought, and model and optimiser start afresh; the batches, of labelled examples,
/// are descended with cross entropy. Gallery: what the first rounds bought.
std::unique_ptr<Procedure> make_active_learning(std::string strategy, std::shared_ptr<Purchases> purchases, const nn::Sequential& model,
                                                const Hyperparameters& hyperparameters, std::uint64_t seed);

}  // namespace knoll::apps
