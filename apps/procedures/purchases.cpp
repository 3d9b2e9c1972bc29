#include <knoll/apps/procedures/active_learning.h>
#include <knoll/apps/training/data_source.h>
#include <knoll/core/autograd.h>
#include <knoll/core/ops/matmul.h>
#include <knoll/core/ops/order.h>
#include <knoll/core/ops/shape.h>
#include <knoll/data/active/core_set.h>
#include <knoll/data/active/least_disagree.h>
#include <knoll/data/active/seeding.h>
#include <knoll/data/active/uncertainty.h>
#include <knoll/data/loader/loader.h>
#include <knoll/nn/layers/linear.h>

#include <algorithm>

namespace knoll::apps {

namespace {

namespace active = data::active;
using Positions = std::vector<std::int64_t>;

constexpr std::uint64_t candidate_stream = 11;
constexpr std::uint64_t strategy_stream = 12;

// What the last layer sees of each example.
Tensor penultimate_features(nn::Sequential& model, const data::LabeledImages& set) {
    std::vector<Tensor> parts;
    for (const data::Batch& batch : data::Loader{set, {.batch_size = evaluation_batch}}) {
        Tensor x = batch.images;
        for (std::size_t i = 0; i + 1 < model.size(); ++i) x = model[i](x);
        parts.push_back(x);
    }
    return concat(parts);
}

Positions select_candidates(const std::string& strategy, const nn::Linear& last, const Tensor& features, const Tensor& labelled, std::int64_t count, Rng rng) {
    if (strategy == "random") return active::select_random(features.size(0), count, rng);
    if (strategy == "coreset") return active::select_core_set(features, labelled, count);
    if (strategy == "ldm") {
        const Tensor metric = active::least_disagree_metric(features, features, {last.weight, last.bias}, {}, rng.fork(0));
        return active::select_by_seeding(metric, features, count, rng.fork(1));
    }
    const Tensor logits = linear(features, last.weight, last.bias);
    return strategy == "entropy" ? active::select_by_entropy(logits, count) : active::select_by_margin(logits, count);
}

// The entries before the first that is not there yet.
Positions filled(const Tensor& entries) {
    const auto values = entries.data<std::int64_t>();
    return {values.begin(), std::find(values.begin(), values.end(), -1)};
}

}  // namespace

const std::vector<std::string>& strategy_names() {
    static const std::vector<std::string> names{"random", "entropy", "margin", "coreset", "ldm"};
    return names;
}

std::int64_t BuyingPlan::bought(int round) const { return rounds == 1 ? budget : initial + (budget - initial) * round / (rounds - 1); }

Purchases::Purchases(data::LabeledImages pool, const BuyingPlan& plan, std::uint64_t seed)
    : pool_(std::move(pool)), plan_(plan), seed_(seed), bought_(full({plan.budget}, -1, DType::i64)), guesses_(full({plan.budget}, -1, DType::i64)) {}

Positions Purchases::bought() const { return filled(bought_); }

Positions Purchases::guesses() const {
    const auto values = guesses_.data<std::int64_t>();
    return {values.begin(), values.begin() + std::ssize(bought())};
}

// Always enough of them for what is to be bought, and the same for every strategy that has bought the same.
Positions Purchases::candidates(int round) const {
    std::vector<bool> is_bought(static_cast<std::size_t>(pool_.count()));
    for (const std::int64_t i : bought()) is_bought[static_cast<std::size_t>(i)] = true;
    Positions drawn = data::random_order(pool_.count(), Rng{seed_, candidate_stream}.fork(static_cast<std::uint64_t>(round)));
    std::erase_if(drawn, [&](std::int64_t i) { return is_bought[static_cast<std::size_t>(i)]; });
    const std::int64_t wanted = plan_.bought(round) - std::ssize(bought());
    drawn.resize(static_cast<std::size_t>(std::min(std::ssize(drawn), std::max(plan_.candidates, wanted))));
    return drawn;
}

void Purchases::buy(const std::string& strategy, nn::Sequential& model, int round) {
    const NoGrad no_grad;
    const Positions before = bought(), offered = candidates(round);
    const std::int64_t count = plan_.bought(round) - std::ssize(before);
    if (count <= 0) return;
    const data::LabeledImages set = data::subset(pool_, offered);
    const auto& last = model.get<nn::Linear>(model.size() - 1);
    Positions chosen, guesses(offered.size(), -1);
    if (before.empty()) {
        chosen = active::select_random(set.count(), count, Rng{seed_, strategy_stream});
    } else {
        const Tensor features = penultimate_features(model, set);
        const Tensor known = strategy == "coreset" ? penultimate_features(model, this->labelled()) : Tensor{};
        chosen = select_candidates(strategy, last, features, known, count, Rng{seed_, strategy_stream}.fork(static_cast<std::uint64_t>(round)));
        const Tensor answers = argmax(linear(features, last.weight, last.bias), 1);
        std::copy_n(answers.data<std::int64_t>().begin(), guesses.size(), guesses.begin());
    }
    const auto into = bought_.mutable_data<std::int64_t>(), guessed = guesses_.mutable_data<std::int64_t>();
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        into[before.size() + i] = offered[static_cast<std::size_t>(chosen[i])];
        guessed[before.size() + i] = guesses[static_cast<std::size_t>(chosen[i])];
    }
}

}  // namespace knoll::apps
