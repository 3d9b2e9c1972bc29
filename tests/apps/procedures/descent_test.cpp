// Steps of descent and of two losses in turn, told again in plain loops.
#include <knoll/apps/procedures/descent.h>

#include "apps/procedures/plain_network.h"

#include <knoll/apps/training/hyperparameters.h>
#include <knoll/core/core.h>
#include <knoll/losses/registry.h>

using namespace knoll;
using namespace knoll::test;

namespace {

// Seven examples of four classes, of which the last has none, in batches of five and two.
struct DescentScene {
    PlainNetwork net{3, 5, 4};
    nn::Sequential model = net.module(4);
    Rows x = drawn_rows(7, 3, 2);
    std::vector<std::size_t> labels{2, 0, 1, 1, 2, 0, 1};
    std::vector<std::vector<std::size_t>> batches{{4, 1, 6, 0, 3}, {2, 5}};

    std::unique_ptr<nn::Optimizer> optimizer(const std::string& name) const {
        return apps::make_optimizer(model, {.learning_rate = 0.2, .optimizer = name, .weight_decay = 0.05});
    }
    data::Batch batch(const std::vector<std::size_t>& indices) const {
        return {as_tensor(chosen(x, indices)), as_indices(chosen(labels, indices)), as_indices(indices)};
    }
    // The weighted mean of cross-entropy and its gradient.
    double cross_entropy(const std::vector<std::size_t>& indices, const Row& weights, Row& gradient) const {
        double total = 0, value = 0;
        for (const std::size_t i : indices) total += weights[labels[i]];
        for (const std::size_t i : indices) {
            const Row z = net.logits(x[i]);
            const double share = weights[labels[i]] / total;
            value += share * cross_entropy_of(z, labels[i]);
            net.add_gradient(x[i], cross_entropy_slope(z, labels[i], share), gradient);
        }
        return value;
    }
    // -H/K of the wrong classes, the mean over the batch.
    void complement(const std::vector<std::size_t>& indices, Row& gradient) const {
        for (const std::size_t i : indices) {
            const Row z = net.logits(x[i]);
            Row wrong(4, 0.0), slope(4, 0.0);
            double total = 0, entropy = 0;
            for (std::size_t k = 0; k < 4; ++k)
                if (k != labels[i]) total += wrong[k] = std::exp(z[k]);
            for (std::size_t k = 0; k < 4; ++k)
                if (k != labels[i]) entropy -= (wrong[k] /= total) * std::log(wrong[k]);
            for (std::size_t k = 0; k < 4; ++k)
                if (k != labels[i]) slope[k] = wrong[k] * (std::log(wrong[k]) + entropy) / 4 / static_cast<double>(indices.size());
            net.add_gradient(x[i], slope, gradient);
        }
    }
};

}  // namespace

TEST_CASE("descent steps down the gradient of the batch's mean loss, weighted by class or not, with momentum and with decay of weights alone") {
    for (const std::string optimizer : {"sgd", "nesterov"})
        for (const Row& weights : {Row{1, 1, 1, 1}, Row{0.3, 1.1, 2.2, 0.4}}) {
            INFO(optimizer << " " << weights[0]);
            DescentScene scene;
            PlainSgd sgd{0.2, 0.05, optimizer == "nesterov"};
            const auto loss = weights[0] == 1 ? apps::batch_loss("cross_entropy") : apps::weighted_loss("cross_entropy", tensor(weights, {4}));
            const auto procedure = apps::make_descent(loss, scene.optimizer(optimizer));
            for (const auto& indices : scene.batches) {
                Row gradient(scene.net.values.size(), 0.0);
                const double value = scene.cross_entropy(indices, weights, gradient);
                sgd.step(scene.net.values, gradient, scene.net.decays());
                CHECK(procedure->step(scene.model, scene.batch(indices), 0) == Approx(value).epsilon(1e-5));
                check_near(flat(scene.model.state_dict()), scene.net.values);
            }
            CHECK(procedure->state_dict().empty());
            CHECK(procedure->optimizers().size() == 1);
        }
}

TEST_CASE("complement objective training takes two steps, the second from where the first has led, each with a momentum of its own") {
    DescentScene scene;
    PlainSgd first{0.2, 0.05}, second{0.2, 0.05};
    const auto procedure =
        apps::make_alternation(apps::batch_loss("cross_entropy"), scene.optimizer("sgd"), apps::complement_objective(), scene.optimizer("sgd"));
    for (const auto& indices : scene.batches) {
        Row gradient(scene.net.values.size(), 0.0), complement = gradient;
        const double value = scene.cross_entropy(indices, {1, 1, 1, 1}, gradient);
        first.step(scene.net.values, gradient, scene.net.decays());
        scene.complement(indices, complement);
        second.step(scene.net.values, complement, scene.net.decays());
        CHECK(procedure->step(scene.model, scene.batch(indices), 0) == Approx(value).epsilon(1e-5));
        check_near(flat(scene.model.state_dict()), scene.net.values);
    }
    REQUIRE(procedure->optimizers().size() == 2);
    CHECK(procedure->optimizers()[0] != procedure->optimizers()[1]);
}

TEST_CASE("losses of a batch are told the epoch and how many there are") {
    const Tensor logits = as_tensor(drawn_rows(3, 4, 8, 2.0)), labels = (as_tensor(drawn_rows(3, 4, 9)) > 0.3).to(DType::f32);
    for (const char* name : {"gr", "splc"}) {
        INFO(name);
        const auto loss = losses::make(name);
        const auto at = [&](int epoch, int epochs) { return (*loss)(logits, labels, {.epoch = epoch, .epochs = epochs}).item(); };
        for (const int epoch : {0, 1, 3}) CHECK(apps::batch_loss(name, 6)(logits, labels, epoch).item() == at(epoch, 6));
        CHECK(apps::batch_loss(name)(logits, labels, 3).item() == at(3, 0));
        CHECK(at(0, 6) != at(3, 6));
    }
    CHECK((*losses::make("gr"))(logits, labels, {.epoch = 3, .epochs = 6}).item() != (*losses::make("gr"))(logits, labels, {.epoch = 3, .epochs = 9}).item());
}

TEST_CASE("a loss that is not finite ends the step before it moves anything") {
    DescentScene scene;
    const auto procedure = apps::make_descent([](const Tensor& logits, const Tensor&, int) { return sum(logits) * INFINITY; }, scene.optimizer("sgd"));
    CHECK_THROWS_WITH(procedure->step(scene.model, scene.batch({0, 1}), 0), Catch::Matchers::StartsWith("[train] expected a finite loss, got "));
    check_near(flat(scene.model.state_dict()), scene.net.values);
}
