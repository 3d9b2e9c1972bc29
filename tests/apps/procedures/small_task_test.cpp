#include "support/threads.h"

#include <knoll/apps/plots/learned_loss_curve.h>
#include <knoll/apps/procedures/loss_evolution.h>
#include <knoll/core/ops/ops.h>
#include <knoll/data/loader/loader.h>
#include <knoll/data/synthetic/shapes.h>
#include <knoll/losses/learned_loss.h>
#include <knoll/nn/optim/adam.h>
#include <knoll/nn/parameter_vector.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;
using apps::SmallTask;

namespace {

const data::EpisodeOptions episode_of_shapes{.classes = {}, .ways = 3, .shots = 4, .queries = 8, .episodes = 1};

data::Batch drawn_episode() {
    const data::LabeledImages set = data::draw_shapes({.count = 300, .seed = 1, .size = 12});
    return *data::Loader{set, {.batch_size = episode_of_shapes.length(), .seed = 3, .sampler = data::episode_sampler(set, episode_of_shapes)}}.begin();
}

Tensor squared_miss_of_small_task(const Tensor& logits, const Tensor& labels) { return apps::probability_mse(logits, labels); }

}  // namespace

TEST_CASE("a small task numbers an episode's classes in order and halves its images") {
    const data::Batch batch = drawn_episode();
    const SmallTask task = apps::make_small_task(batch, episode_of_shapes);
    CHECK(task.images.shape() == Shape{12, 36 * batch.images.size(1)});
    CHECK(task.queries.shape() == Shape{24, 36 * batch.images.size(1)});
    for (std::int64_t i = 0; i < 12; ++i) CHECK(task.labels.at<std::int64_t>(i) == i / 4);
    for (std::int64_t i = 0; i < 24; ++i) {
        CHECK(task.answers.at<std::int64_t>(i) == i / 8);
        CHECK(batch.labels.at<std::int64_t>(12 + i) == batch.labels.at<std::int64_t>(4 * (i / 8)));
    }
    CHECK_THROWS_WITH(apps::make_small_task(batch, {.ways = 2}), "[small_task] expected an episode of 40 examples, got 36");
}

TEST_CASE("a classifier trained on a small task answers well with a loss that means it, badly with its negative, and not at all when it diverges") {
    SmallTask task = apps::make_small_task(drawn_episode(), episode_of_shapes);
    task.queries = task.images;  // what it has seen
    task.answers = task.labels;
    const auto accuracy = [&](double sign, double rate) {
        return apps::trained_accuracy(
            task, [sign](const Tensor& logits, const Tensor& labels) { return sign * apps::probability_mse(logits, labels); },
            {.steps = 60, .learning_rate = rate}, Rng{5});
    };
    CHECK(accuracy(1, 0.3) > 0.8);
    CHECK(accuracy(-1, 0.3) < 0.3);
    const apps::SmallLoss wild = [](const Tensor& logits, const Tensor&) { return sum(square(square(logits))); };
    CHECK(apps::trained_accuracy(task, wild, {.steps = 30, .learning_rate = 1e6}, Rng{5}) == 0);
}

TEST_CASE("the loss of a network is the learned loss of its parameters, and mse that of probabilities") {
    nn::Sequential network = apps::make_loss_network(5);
    Rng rng{1};
    network.initialize(rng);
    const Tensor logits = randn({4, 3}, rng), labels = from_data<std::int64_t>({4}, std::vector<std::int64_t>{0, 2, 1, 1});
    double expected = 0, squares = 0;
    const Tensor p = softmax(logits, {1});
    for (std::int64_t n = 0; n < 4; ++n)
        for (std::int64_t c = 0; c < 3; ++c) {
            const double y = labels.at<std::int64_t>(n) == c ? 1 : 0;
            expected += network(tensor({{y, p.at<float>(n, c)}})).item() / 4;
            squares += std::pow(p.at<float>(n, c) - y, 2) / 4;
        }
    CHECK(apps::network_loss(network)(logits, labels).item() == Approx(expected).margin(1e-6));
    CHECK(apps::probability_mse(logits, labels).item() == Approx(squares));
    const apps::LinePlot plot = apps::learned_loss_curve(nn::flatten_parameters(network.parameters()), 4);
    REQUIRE(plot.series.size() == 3);
    for (const apps::Series& series : plot.series) CHECK(series.y.back() == Approx(0).margin(1e-12));
    CHECK(apps::line_plot(plot).find("learned") != std::string::npos);
}

TEST_CASE("a generation moves the loss network the way its candidates' classifiers say, with the same bits at any number of threads") {
    const data::Batch batch = drawn_episode();
    const apps::LossEvolution options{
        .episode = episode_of_shapes, .training = {.steps = 5, .learning_rate = 0.3, .hidden = 8}, .strategy = {.pairs = 3, .deviation = 0.5, .seed = 2}};
    const auto evolved = [&] {
        nn::Sequential network = apps::make_loss_network(4);
        Rng rng{1};
        network.initialize(rng);
        const auto procedure = apps::make_loss_evolution(options, std::make_unique<nn::Adam>(network.parameters(), nn::AdamOptions{.learning_rate = 0.1}));
        const double wrong = procedure->step(network, batch, 0) + procedure->step(network, batch, 0);
        CHECK(procedure->state_dict()[0].second.item() == 2);
        return std::vector<Tensor>{nn::flatten_parameters(network.parameters()).detach(), scalar(wrong, DType::f64)};
    };
    check_same_bits(evolved);
    nn::Sequential nothing;
    const auto fixed = apps::make_fixed_loss(options, squared_miss_of_small_task);
    CHECK(fixed->step(nothing, batch, 0) ==
          1 - apps::trained_accuracy(apps::make_small_task(batch, episode_of_shapes), squared_miss_of_small_task, options.training, Rng{2, 21}.fork(0)));
    CHECK(fixed->optimizers().empty());
}
