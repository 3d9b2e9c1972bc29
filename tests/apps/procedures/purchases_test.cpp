#include <knoll/apps/procedures/active_learning.h>
#include <knoll/apps/training/models.h>
#include <knoll/core/autograd.h>
#include <knoll/core/ops/ops.h>
#include <knoll/data/synthetic/shapes.h>
#include <catch2/catch.hpp>

#include <set>

using namespace knoll;
using apps::BuyingPlan;
using apps::Purchases;

namespace {

nn::Sequential fresh_mlp(const data::Dataset& set) {
    nn::Sequential model = apps::make_named_model("mlp", set);
    Rng rng{1};
    model.initialize(rng);
    model.eval();
    return model;
}

}  // namespace

TEST_CASE("a plan buys evenly from the first labels to the budget") {
    const BuyingPlan plan{.initial = 100, .budget = 600, .rounds = 6};
    for (int round = 0; round < 6; ++round) CHECK(plan.bought(round) == 100 * (round + 1));
    CHECK(BuyingPlan{.initial = 10, .budget = 15, .rounds = 4}.bought(1) == 11);
    CHECK(BuyingPlan{.initial = 10, .budget = 15, .rounds = 1}.bought(0) == 15);
}

TEST_CASE("every strategy buys the same labels first, then its own, none twice, and goes on from its state") {
    const data::LabeledImages pool = data::draw_shapes({.count = 80, .seed = 1, .size = 8});
    const BuyingPlan plan{.initial = 10, .budget = 80, .rounds = 3, .candidates = 20};
    nn::Sequential model = fresh_mlp(pool);
    std::set<std::vector<std::int64_t>> first, second;
    for (const std::string& strategy : apps::strategy_names()) {
        Purchases purchases{pool, plan, 7};
        CHECK(purchases.bought().empty());
        purchases.buy(strategy, model, 0);
        first.insert(purchases.bought());
        CHECK(purchases.guesses() == std::vector<std::int64_t>(10, -1));
        Purchases resumed{pool, plan, 7};
        nn::copy_state("purchases", resumed.state_dict(), purchases.state_dict());
        for (int round = 1; round < 3; ++round) {
            purchases.buy(strategy, model, round);
            resumed.buy(strategy, model, round);
            CHECK(purchases.bought() == resumed.bought());
            CHECK(purchases.guesses() == resumed.guesses());
            CHECK(std::ssize(purchases.bought()) == plan.bought(round));
            if (round == 1) second.insert(purchases.bought());
        }
        const std::vector<std::int64_t> bought = purchases.bought();
        CHECK(std::set<std::int64_t>(bought.begin(), bought.end()).size() == 80);  // the whole pool
        CHECK(purchases.labelled().labels().at<std::int64_t>(33) == pool.labels().at<std::int64_t>(bought[33]));
        const NoGrad no_grad;
        const Tensor image = index_select(pool.images(), 0, from_data<std::int64_t>({1}, std::vector<std::int64_t>{bought[33]})).to(DType::f32) / 255.0;
        CHECK(argmax(model(image), 1).item() == static_cast<double>(purchases.guesses()[33]));
    }
    CHECK(first.size() == 1);
    CHECK(second.size() == 5);
}
