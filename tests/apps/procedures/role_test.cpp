// Steps of ROLE, told again in plain loops.
#include <knoll/apps/procedures/role.h>

#include "apps/procedures/plain_network.h"

#include <knoll/apps/training/hyperparameters.h>
#include <knoll/core/core.h>

using namespace knoll;
using namespace knoll::test;

namespace {

constexpr double expected_positives = 1.7;

// What one side pays while the other is held, and the derivative by its logits.
double role_side(const Rows& z, const Rows& others, const Rows& labels, Rows& slopes) {
    const double examples = static_cast<double>(z.size()), classes = static_cast<double>(z.front().size());
    double positives = 0, value = 0;
    for (const Row& row : z)
        for (const double one : row) positives += sigmoid_of(one);
    const double excess = (positives / examples - expected_positives) / classes;
    value += 0.5 * excess * excess;
    slopes = z;
    for (std::size_t n = 0; n < z.size(); ++n)
        for (std::size_t c = 0; c < z[n].size(); ++c) {
            const double p = sigmoid_of(z[n][c]), q = sigmoid_of(others[n][c]), y = labels[n][c];
            value += 0.5 * (-y * std::log(p) - q * std::log(p) - (1 - q) * std::log(1 - p)) / (examples * classes);
            slopes[n][c] = 0.5 * ((-y * (1 - p) + p - q) / (examples * classes) + 2 * excess / classes * p * (1 - p) / examples);
        }
    return value;
}

}  // namespace

TEST_CASE("ROLE steps with network and estimates at once, the estimates by Adam at ten times the rate of the moment") {
    PlainNetwork net{3, 4, 5};
    nn::Sequential model = net.module(2);
    const Rows x = drawn_rows(7, 3, 5);
    Rows labels(7, Row(5, 0.0));  // the last class is never observed, the third example has nothing
    for (const auto& [n, c] : std::vector<std::pair<std::size_t, std::size_t>>{{0, 1}, {1, 0}, {3, 3}, {4, 1}, {5, 2}, {6, 0}, {6, 3}}) labels[n][c] = 1;
    const auto make = [&](std::uint64_t seed) {
        return apps::make_role(
            as_tensor(labels, DType::u8), expected_positives, apps::make_optimizer(model, {.learning_rate = 0.3, .optimizer = "sgd", .weight_decay = 0.05}),
            seed, [](const Tensor& estimates) { return std::vector<apps::Gallery>{{.title = text(estimates.shape(), " ", estimates.requires_grad())}}; });
    };
    const auto procedure = make(11);
    REQUIRE(procedure->state_dict().size() == 1);
    CHECK(procedure->state_dict().front().first == "estimates");
    Row estimates = flat(procedure->state_dict());
    for (std::size_t i = 0; i < estimates.size(); ++i) {
        if (labels[i / 5][i % 5] == 1)
            CHECK(sigmoid_of(estimates[i]) == Approx(0.995));
        else
            CHECK(std::abs(estimates[i]) <= 0.4055);
    }
    CHECK(flat(make(12)->state_dict()) != estimates);
    CHECK(flat(make(11)->state_dict()) == estimates);

    PlainSgd sgd{0.3, 0.05};
    PlainAdam adam{0};
    const std::vector<std::vector<std::size_t>> batches{{6, 2, 0, 3, 5}, {1, 6}, {4}};
    const std::vector<double> rates{0.01, 0.004, 0.02};
    for (std::size_t b = 0; b < batches.size(); ++b) {
        INFO("batch " << b);
        const std::vector<std::size_t>& indices = batches[b];
        Rows logits, guesses, by_logits, by_guesses;
        for (const std::size_t i : indices) {
            logits.push_back(net.logits(x[i]));
            guesses.emplace_back(estimates.begin() + static_cast<std::ptrdiff_t>(5 * i), estimates.begin() + static_cast<std::ptrdiff_t>(5 * i + 5));
        }
        const Rows observed = chosen(labels, indices);
        const double value = role_side(logits, guesses, observed, by_logits) + role_side(guesses, logits, observed, by_guesses);
        Row by_estimates(estimates.size(), 0.0), gradient(net.values.size(), 0.0);
        for (std::size_t n = 0; n < indices.size(); ++n) {
            net.add_gradient(x[indices[n]], by_logits[n], gradient);
            for (std::size_t c = 0; c < 5; ++c) by_estimates[5 * indices[n] + c] = by_guesses[n][c];
        }
        sgd.rate = rates[b];
        adam.rate = 10 * rates[b];
        sgd.step(net.values, gradient, net.decays());
        adam.step(estimates, by_estimates);

        for (nn::Optimizer* optimizer : procedure->optimizers()) optimizer->set_learning_rate(rates[b]);  // as the trainer does
        const data::Batch batch{as_tensor(chosen(x, indices)), as_tensor(observed), as_indices(indices)};
        CHECK(procedure->step(model, batch, 0) == Approx(value).epsilon(1e-5));
        check_near(flat(model.state_dict()), net.values);
        check_near(flat(procedure->state_dict()), estimates);
    }
    REQUIRE(procedure->optimizers().size() == 2);
    CHECK(procedure->optimizers()[1]->name() == std::string("Adam"));
    CHECK(procedure->optimizers()[1]->learning_rate() == Approx(0.2));
    CHECK(procedure->galleries(model).front().title == "[7, 5] false");

    const auto restored = make(12);
    restored->load_state_dict(procedure->state_dict());
    check_near(flat(restored->state_dict()), estimates);
}

TEST_CASE("a loss of ROLE that is not finite ends the step before it moves anything") {
    PlainNetwork net{3, 4, 5};
    nn::Sequential model = net.module(2);
    const auto procedure = apps::make_role(zeros({2, 5}, DType::u8), INFINITY, apps::make_optimizer(model, {.optimizer = "sgd"}), 1,
                                           [](const Tensor&) { return std::vector<apps::Gallery>{}; });
    const Row estimates = flat(procedure->state_dict());
    CHECK_THROWS_WITH(procedure->step(model, {ones({1, 3}), zeros({1, 5}), as_indices({0})}, 0), "[train] expected a finite loss, got inf");
    CHECK(flat(procedure->state_dict()) == estimates);
    check_near(flat(model.state_dict()), net.values);
}
