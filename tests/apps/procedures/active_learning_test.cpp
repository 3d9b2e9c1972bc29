// Rounds of buying labels: what is bought, by plain loops, and what begins afresh.
#include <knoll/apps/procedures/active_learning.h>
#include "apps/procedures/naive_slope.h"
#include "support/close.h"

#include <knoll/core/core.h>
#include <knoll/data/active/least_disagree.h>
#include <knoll/data/active/seeding.h>
#include <knoll/data/active/uncertainty.h>
#include <knoll/data/loader/loader.h>
#include <knoll/data/synthetic/shapes.h>
#include <knoll/nn/nn.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

using namespace knoll;
using apps::BuyingPlan;
using apps::Purchases;
using test::Numbers;
using Positions = std::vector<std::int64_t>;

namespace {

constexpr std::int64_t pixels_of_pool = 64;

// More candidates than are judged at a time, and no multiple of that.
const BuyingPlan plan_of_rounds{.initial = 9, .budget = 40, .rounds = 3, .candidates = 263};

data::LabeledImages buying_pool() { return data::draw_shapes({.count = 301, .seed = 5, .size = 8}); }

nn::Sequential two_layers(const data::LabeledImages& pool, std::uint64_t seed) {
    nn::Sequential model{nn::Flatten{}, nn::Linear{pixels_of_pool, 6}, nn::Tanh{}, nn::Linear{6, pool.classes()}};
    Rng rng{seed};
    model.initialize(rng);
    // Answers of several classes.
    Tensor weight = model.get<nn::Linear>(3).weight.detach();
    weight *= 3.0;
    model.eval();
    return model;
}

struct NaiveView {
    std::vector<Numbers> features, logits;
};

// What the model says of some examples, example by example.
NaiveView naive_view(nn::Sequential& model, const data::LabeledImages& pool, const Positions& examples) {
    const Numbers first = model.get<nn::Linear>(1).weight.to_vector(), first_bias = model.get<nn::Linear>(1).bias.to_vector();
    const Numbers last = model.get<nn::Linear>(3).weight.to_vector(), last_bias = model.get<nn::Linear>(3).bias.to_vector();
    const Numbers pixels = pool.images().to_vector();
    NaiveView view;
    for (const std::int64_t example : examples) {
        Numbers feature = first_bias, logits = last_bias;
        for (std::size_t h = 0; h < 6; ++h) {
            for (std::size_t i = 0; i < pixels_of_pool; ++i)
                feature[h] += first[h * pixels_of_pool + i] * pixels[static_cast<std::size_t>(example) * pixels_of_pool + i] / 255;
            feature[h] = std::tanh(feature[h]);
        }
        for (std::size_t c = 0; c < logits.size(); ++c)
            for (std::size_t h = 0; h < 6; ++h) logits[c] += last[c * 6 + h] * feature[h];
        view.features.push_back(feature);
        view.logits.push_back(logits);
    }
    return view;
}

std::int64_t largest_of(const Numbers& values) { return std::max_element(values.begin(), values.end()) - values.begin(); }

// The positions with the smallest scores, in that order.
Positions lowest(const Numbers& scores, std::int64_t count) {
    Positions order(scores.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int64_t a, std::int64_t b) { return scores[static_cast<std::size_t>(a)] < scores[static_cast<std::size_t>(b)]; });
    order.resize(static_cast<std::size_t>(count));
    return order;
}

double squared_distance(const Numbers& a, const Numbers& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

Positions naive_cover(const std::vector<Numbers>& pool, std::vector<Numbers> known, std::int64_t count) {
    Positions picked;
    while (std::ssize(picked) < count) {
        Numbers reach;
        for (std::size_t i = 0; i < pool.size(); ++i) {
            double nearest = 1e300;
            for (const Numbers& other : known) nearest = std::min(nearest, squared_distance(pool[i], other));
            reach.push_back(-nearest);
        }
        picked.push_back(lowest(reach, 1).front());
        known.push_back(pool[static_cast<std::size_t>(picked.back())]);
    }
    return picked;
}

Tensor matrix_of(const std::vector<Numbers>& rows) {
    Numbers values;
    for (const Numbers& row : rows) values.insert(values.end(), row.begin(), row.end());
    return tensor(values, {std::ssize(rows), std::ssize(rows.front())}, DType::f32);
}

// Positions among the candidates that a strategy picks.
Positions naive_choice(const std::string& strategy, nn::Sequential& model, const NaiveView& view, const NaiveView& known, std::int64_t count, const Rng& rng) {
    if (strategy == "random") return data::active::select_random(std::ssize(view.logits), count, rng);
    if (strategy == "coreset") return naive_cover(view.features, known.features, count);
    if (strategy == "ldm") {
        const auto& last = model.get<nn::Linear>(3);
        const Tensor features = matrix_of(view.features);
        const Tensor metric = data::active::least_disagree_metric(features, features, {last.weight, last.bias}, {}, rng.fork(0));
        return data::active::select_by_seeding(metric, features, count, rng.fork(1));
    }
    Numbers scores;
    for (const Numbers& logits : view.logits) {
        double total = 0, entropy = 0;
        Numbers p;
        for (const double logit : logits) total += std::exp(logit);
        for (const double logit : logits) p.push_back(std::exp(logit) / total);
        for (const double value : p) entropy -= value * std::log(value);
        std::sort(p.rbegin(), p.rend());
        scores.push_back(strategy == "entropy" ? -entropy : p[0] - p[1]);
    }
    return lowest(scores, count);
}

// Examples that have no label yet, in the order of a round.
Positions naive_candidates(std::uint64_t seed, int round, const Positions& bought, std::int64_t pool, std::size_t count) {
    Positions candidates;
    for (const std::int64_t i : data::random_order(pool, Rng{seed, 11}.fork(static_cast<std::uint64_t>(round))))
        if (std::find(bought.begin(), bought.end(), i) == bought.end() && candidates.size() < count) candidates.push_back(i);
    return candidates;
}

}  // namespace

TEST_CASE("the plan of buying is that of its page unless told") {
    const BuyingPlan plan;
    CHECK(plan.initial == 100);
    CHECK(plan.budget == 600);
    CHECK(plan.rounds == 6);
    CHECK(plan.candidates == 2000);
    CHECK(apps::strategy_names() == std::vector<std::string>{"random", "entropy", "margin", "coreset", "ldm"});
}

TEST_CASE("each strategy buys what plain loops over its candidates would, round after round, and remembers what the model had said") {
    const data::LabeledImages pool = buying_pool();
    for (const std::uint64_t seed : {7U, 8U})
        for (const std::string& strategy : apps::strategy_names()) {
            INFO(strategy << " with seed " << seed);
            Purchases purchases{pool, plan_of_rounds, seed};
            Positions bought, guesses;
            for (int round = 0; round < 3; ++round) {
                INFO("round " << round);
                nn::Sequential model = two_layers(pool, static_cast<std::uint64_t>(round));
                const std::int64_t count = std::vector<std::int64_t>{9, 15, 16}[static_cast<std::size_t>(round)];
                const Positions offered = naive_candidates(seed, round, bought, 301, 263);
                const NaiveView view = naive_view(model, pool, offered), known = naive_view(model, pool, bought);
                const Rng rng = round == 0 ? Rng{seed, 12} : Rng{seed, 12}.fork(static_cast<std::uint64_t>(round));
                for (const std::int64_t i : naive_choice(round == 0 ? "random" : strategy, model, view, known, count, rng)) {
                    bought.push_back(offered[static_cast<std::size_t>(i)]);
                    guesses.push_back(round == 0 ? -1 : largest_of(view.logits[static_cast<std::size_t>(i)]));
                }
                purchases.buy(strategy, model, round);
                CHECK(purchases.bought() == bought);
                CHECK(purchases.guesses() == guesses);
                CHECK(purchases.labelled().count() == std::ssize(bought));
            }
            purchases.buy(strategy, *std::make_unique<nn::Sequential>(two_layers(pool, 9)), 2);  // nothing is left to buy
            CHECK(purchases.bought() == bought);
        }
}

TEST_CASE("fewer candidates than a round buys are not enough: there are always as many as it buys") {
    const data::LabeledImages pool = buying_pool();
    nn::Sequential model = two_layers(pool, 1);
    Purchases purchases{pool, {.initial = 30, .budget = 301, .rounds = 2, .candidates = 4}, 1};
    purchases.buy("margin", model, 0);
    CHECK(std::ssize(purchases.bought()) == 30);
    purchases.buy("margin", model, 1);
    const Positions bought = purchases.bought(), guesses = purchases.guesses();
    const NaiveView view = naive_view(model, pool, bought);
    for (std::size_t i = 0; i < 301; ++i) CHECK(guesses[i] == (i < 30 ? -1 : largest_of(view.logits[i])));
    Positions all = bought;
    std::sort(all.begin(), all.end());
    for (std::int64_t i = 0; i < 301; ++i) CHECK(all[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("a round buys by the model as it was, then weights and optimiser begin afresh, and a step descends cross entropy") {
    const data::LabeledImages pool = buying_pool();
    const auto purchases = std::make_shared<Purchases>(pool, plan_of_rounds, 3), alone = std::make_shared<Purchases>(pool, plan_of_rounds, 3);
    nn::Sequential model = two_layers(pool, 1);
    const apps::Hyperparameters hyperparameters{.learning_rate = 0.05, .optimizer = "sgd", .weight_decay = 0.01};
    const auto procedure = apps::make_active_learning("entropy", purchases, model, hyperparameters, 21);
    for (int round = 0; round < 3; ++round) {
        INFO("round " << round);
        nn::Sequential as_it_was = nn::clone(model);
        as_it_was.eval();
        alone->buy("entropy", as_it_was, round);
        model.train();
        procedure->begin_epoch(model, round);
        CHECK_FALSE(model.training());  // it is asked as it is judged
        CHECK(purchases->bought() == alone->bought());
        CHECK(purchases->guesses() == alone->guesses());
        nn::Sequential fresh = two_layers(pool, 1);
        Rng rng = Rng{21}.fork(static_cast<std::uint64_t>(round));
        fresh.initialize(rng);
        CHECK(nn::flatten_parameters(model.parameters()).to_vector() == nn::flatten_parameters(fresh.parameters()).to_vector());

        // Two steps with momentum 0.9, and weight decay on matrices alone.
        Numbers weights = nn::flatten_parameters(model.parameters()).to_vector(), velocity(weights.size());
        REQUIRE(procedure->optimizers().size() == 1);
        model.train();
        for (const data::Batch& batch : data::Loader{purchases->labelled(), {.batch_size = 5}}) {
            const auto classes = static_cast<std::size_t>(pool.classes());
            const std::size_t first = 6 * pixels_of_pool, second = first + 6, third = second + 6 * classes;
            const Numbers images = batch.images.to_vector(), labels = batch.labels.to_vector();
            const auto loss_of = [&](const Numbers& w) {
                double sum = 0;
                for (std::size_t n = 0; n < labels.size(); ++n) {
                    Numbers feature(6), logits(classes);
                    for (std::size_t h = 0; h < 6; ++h) {
                        feature[h] = w[first + h];
                        for (std::size_t i = 0; i < pixels_of_pool; ++i) feature[h] += w[h * pixels_of_pool + i] * images[n * pixels_of_pool + i];
                        feature[h] = std::tanh(feature[h]);
                    }
                    double total = 0;
                    for (std::size_t c = 0; c < classes; ++c) {
                        logits[c] = w[third + c];
                        for (std::size_t h = 0; h < 6; ++h) logits[c] += w[second + c * 6 + h] * feature[h];
                        total += std::exp(logits[c]);
                    }
                    sum -= logits[static_cast<std::size_t>(labels[n])] - std::log(total);
                }
                return sum / static_cast<double>(labels.size());
            };
            CHECK(procedure->step(model, batch, round) == Approx(loss_of(weights)).epsilon(1e-5));
            const Numbers slope = test::naive_slope(loss_of, weights);
            for (std::size_t i = 0; i < weights.size(); ++i) {
                const bool is_bias = (i >= first && i < second) || i >= third;
                velocity[i] = 0.9 * velocity[i] + slope[i] + (is_bias ? 0 : 0.01 * weights[i]);
                weights[i] -= 0.05 * velocity[i];
            }
            check_close(nn::flatten_parameters(model.parameters()).detach(), tensor(weights, {std::ssize(weights)}, DType::f32), 1e-4, 1e-5);
            if (batch.indices.at<std::int64_t>(0) == 5) break;
        }
    }
    const nn::StateDict state = procedure->state_dict();
    REQUIRE(state.size() == 2);
    for (std::int64_t i = 0; i < 40; ++i) CHECK(state[0].second.at<std::int64_t>(i) == purchases->bought()[static_cast<std::size_t>(i)]);
}

TEST_CASE("the gallery of purchases shows twelve of a round, says how many were mistaken in all, and frames what was right and wrong") {
    const data::LabeledImages pool = buying_pool();
    const BuyingPlan plan{.initial = 5, .budget = 53, .rounds = 4, .candidates = 100};
    const auto purchases = std::make_shared<Purchases>(pool, plan, 3);
    nn::Sequential model = two_layers(pool, 1);
    const auto procedure = apps::make_active_learning("margin", purchases, model, {}, 2);
    for (int round = 0; round < 4; ++round) procedure->begin_epoch(model, round);
    const std::vector<apps::Gallery> galleries = procedure->galleries(model);
    REQUIRE(galleries.size() == 1);
    CHECK(galleries[0].title == "Labels bought in the first rounds");
    REQUIRE(galleries[0].rows.size() == 3);
    const Positions bought = purchases->bought(), guesses = purchases->guesses();
    const std::vector<std::size_t> begins{0, 5, 21, 37};
    for (std::size_t round = 0; round < 3; ++round) {
        const apps::GalleryRow& row = galleries[0].rows[round];
        int mistaken = 0;
        for (std::size_t i = begins[round]; i < begins[round + 1]; ++i) {
            const auto label = pool.labels().at<std::int64_t>(bought[i]);
            mistaken += guesses[i] >= 0 && guesses[i] != label ? 1 : 0;
            if (i - begins[round] >= 12) continue;
            const apps::ExampleImage& image = row.images[i - begins[round]];
            CHECK(image.observed == std::vector<std::string>{pool.class_names()[static_cast<std::size_t>(label)]});
            CHECK(image.mark == (guesses[i] < 0 ? apps::Mark::none : guesses[i] == label ? apps::Mark::right : apps::Mark::wrong));
            CHECK(image.data_uri.rfind("data:image/png;base64,", 0) == 0);
        }
        CHECK(row.images.size() == (round == 0 ? 5 : 12));
        CHECK(row.caption == (round == 0   ? std::string("Round 1: 5 at random")
                              : round == 1 ? "Round 2: 16, of which the model had mistaken " + std::to_string(mistaken)
                                           : "Round 3: 16, of which the model had mistaken " + std::to_string(mistaken)));
        if (round > 0) CHECK((mistaken > 0 && mistaken < 16));
    }
}

TEST_CASE("purchases of classes without names are shown by their numbers, and those without images not at all") {
    const data::LabeledImages named = buying_pool();
    const data::LabeledImages pool{named.images(), named.labels(), 10}, features{flatten(named.images(), 1).to(DType::f32), named.labels(), 10};
    const BuyingPlan plan{.initial = 5, .budget = 9, .rounds = 2, .candidates = 100};
    nn::Sequential model = two_layers(pool, 1);
    for (const data::LabeledImages& set : {pool, features}) {
        const auto purchases = std::make_shared<Purchases>(set, plan, 3);
        const auto procedure = apps::make_active_learning("random", purchases, model, {}, 2);
        procedure->begin_epoch(model, 0);
        const std::vector<apps::Gallery> galleries = procedure->galleries(model);
        if (!set.has_images()) {
            CHECK(galleries.empty());
            continue;
        }
        REQUIRE(galleries.at(0).rows.size() == 2);
        CHECK(galleries[0].rows[0].images.size() == 5);
        const auto label = pool.labels().at<std::int64_t>(purchases->bought()[0]);
        CHECK(galleries[0].rows[0].images[0].observed == std::vector<std::string>{"class " + std::to_string(label)});
    }
}
