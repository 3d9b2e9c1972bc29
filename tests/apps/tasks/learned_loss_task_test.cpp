// The task of a learned loss: its episodes and its numbers.
#include "apps/tasks/own_task.h"

#include <knoll/apps/procedures/loss_evolution.h>
#include <knoll/apps/training/data_source.h>
#include <knoll/core/core.h>
#include <knoll/data/loader/loader.h>
#include <knoll/losses/losses.h>
#include <knoll/nn/nn.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <set>

using namespace knoll;
using test::method_of;
using test::task_on_shapes;

namespace {

const test::TaskSizes enough_of_each{.train = 500, .test = 420};

// Mean accuracy, in percent, over the first tasks of some classes of the test set.
double naive_percent(const std::vector<std::int64_t>& classes, std::int64_t tasks, const apps::SmallLoss& loss, const apps::SmallTraining& training) {
    const data::LabeledImages set = apps::load_single_label(test::options_of_shapes("learned-loss", enough_of_each)).test;
    const data::EpisodeOptions options{.classes = classes, .ways = 4, .shots = 5, .queries = 25, .episodes = 200};
    double sum = 0;
    std::int64_t i = 0;
    for (const data::Batch& batch : data::Loader{set, {.batch_size = 120, .seed = 31, .sampler = data::episode_sampler(set, options)}}) {
        if (i == tasks) break;
        sum += apps::trained_accuracy(apps::make_small_task(batch, options), loss, training, Rng{31}.fork(static_cast<std::uint64_t>(i)));
        ++i;
    }
    return 100 * sum / static_cast<double>(tasks);
}

Tensor plain_cross_entropy(const Tensor& logits, const Tensor& labels) { return losses::CrossEntropy{}(logits, labels); }
Tensor squared_probabilities(const Tensor& logits, const Tensor& labels) { return apps::probability_mse(logits, labels); }

nn::Sequential drawn_loss_network() {
    nn::Sequential network = apps::make_loss_network(16);
    Rng rng{6};
    network.initialize(rng);
    return network;
}

}  // namespace

TEST_CASE("the task of a learned loss says what it takes, and begins with the numbers of its page") {
    const auto task = task_on_shapes("learned-loss", enough_of_each);
    CHECK(task->describe() == apps::NamedTexts{{"data", "drawn shapes"},
                                               {"training examples", "500"},
                                               {"test examples", "420"},
                                               {"classes of a small task", "4"},
                                               {"examples of each", "5"},
                                               {"steps on a small task", "20"},
                                               {"inner learning rate", "auto"},
                                               {"pairs", "8"},
                                               {"deviation", "0.1"}});
    const apps::Hyperparameters defaults = task->defaults(method_of(*task, "mln"));
    CHECK(defaults.epochs == 8);
    CHECK(defaults.batch == 120);
    CHECK(defaults.learning_rate == 0.05);
    CHECK(defaults.optimizer == "adam");
    CHECK(defaults.schedule == "cosine");
    CHECK(defaults.weight_decay == 0);
    CHECK(defaults.ema == 0);
    CHECK(task->info().methods == std::vector<std::string>{"cross_entropy", "mse", "mln"});
    CHECK(task->title() == "A learned loss: drawn shapes");
    CHECK(task->introduction().rfind("A classifier is trained in 20 steps on 5 images of each of 4 classes", 0) == 0);
    CHECK(task->introduction().find("seen_accuracy is the mean over 200 tasks") != std::string::npos);
    CHECK(task->curve_examples() == 5000);  // fifty tasks of a hundred queries
    CHECK(nn::flatten_parameters(drawn_loss_network().parameters()).numel() == 64);
    const nn::Sequential network = task->make_model(method_of(*task, "mln"));
    CHECK(network.parameters().size() == 3);
    CHECK(network.parameters()[0].shape() == Shape{16, 2});
    CHECK(task->make_model(method_of(*task, "mse")).size() == 0);
}

TEST_CASE("small tasks to learn from are of the first half of the classes, a hundred in an epoch, in another order with another seed") {
    const auto task = task_on_shapes("learned-loss", enough_of_each);
    const apps::Method method = method_of(*task, "mse");
    const auto seen = [&](std::uint64_t seed) {
        const apps::Learning learning = task->learning(method, {}, task->defaults(method), seed);
        CHECK(learning.data.count == 12000);
        std::set<double> classes;
        std::vector<double> first;
        int batches = 0;
        for (const data::Batch& batch : learning.data.batches(120, 0, 0)) {
            const std::vector<double> labels = batch.labels.to_vector();
            classes.insert(labels.begin(), labels.end());
            for (std::size_t i = 0; i < 20; ++i) CHECK(labels[i] == labels[5 * (i / 5)]);
            for (std::size_t i = 20; i < 120; ++i) CHECK(labels[i] == labels[5 * ((i - 20) / 25)]);
            if (batches++ == 0) first = batch.indices.to_vector();
        }
        CHECK(batches == 100);
        CHECK(classes == std::set<double>{0, 1, 2, 3, 4});
        return first;
    };
    CHECK(seen(1) != seen(2));
    apps::Hyperparameters hyperparameters = task->defaults(method);
    hyperparameters.batch = 64;
    CHECK_THROWS_WITH(task->learning(method, {}, hyperparameters, 1), "[learned-loss] expected a batch to be a small task of 120 examples, got --batch 64");
}

TEST_CASE("a step of a fixed loss and of one that evolves is theirs with the task's steps, rates, pairs, deviation and seed") {
    const auto task =
        task_on_shapes("learned-loss", {.train = 500, .test = 420, .options = {{"steps", "3"}, {"pairs", "2"}, {"deviation", "0.7"}, {"inner-lr", "0.25"}}});
    const data::EpisodeOptions episode{.ways = 4, .shots = 5, .queries = 25};
    for (const std::uint64_t seed : {1U, 9U})
        for (const std::string name : {"cross_entropy", "mse", "mln"}) {
            INFO(name << " " << seed);
            const apps::Method method = method_of(*task, name);
            nn::Sequential model = name == "mln" ? drawn_loss_network() : nn::Sequential{}, other = name == "mln" ? drawn_loss_network() : nn::Sequential{};
            const apps::Learning learning = task->learning(method, model, task->defaults(method), seed);
            const data::Batch batch = *learning.data.batches(120, 0, 0).begin();
            const apps::LossEvolution evolution{
                .episode = episode, .training = {.steps = 3, .learning_rate = 0.25}, .strategy = {.pairs = 2, .deviation = 0.7, .seed = seed}};
            const auto expected =
                name == "mln" ? apps::make_loss_evolution(evolution, std::make_unique<nn::Adam>(other.parameters(), nn::AdamOptions{.learning_rate = 0.05}))
                              : apps::make_fixed_loss(evolution, name == "mse" ? squared_probabilities : plain_cross_entropy);
            CHECK(learning.procedure->step(model, batch, 0) == expected->step(other, batch, 0));
            if (name == "mln") CHECK(nn::flatten_parameters(model.parameters()).to_vector() == nn::flatten_parameters(other.parameters()).to_vector());
        }
}

TEST_CASE("a learned loss is judged on tasks of classes that it has seen and of others, with the rate that is best for each loss") {
    nn::Sequential network = drawn_loss_network();
    network.eval();
    const std::vector<std::int64_t> first{0, 1, 2, 3, 4}, second{5, 6, 7, 8, 9};
    struct Judged {
        std::string name;
        apps::SmallLoss loss;
        double rate;
    };
    const std::vector<Judged> all{{"cross_entropy", plain_cross_entropy, 0.3}, {"mse", squared_probabilities, 0.4}, {"mln", apps::network_loss(network), 0.4}};
    const auto task = task_on_shapes("learned-loss", enough_of_each);
    for (const Judged& judged : all) {
        INFO(judged.name);
        for (const auto& [at_most, tasks] : std::vector<std::pair<std::int64_t, std::int64_t>>{{99, 1}, {399, 3}, {400, 4}}) {
            const apps::Evaluation evaluation = task->evaluate(method_of(*task, judged.name), network, {.at_most = at_most, .is_final = false});
            REQUIRE(evaluation.metrics.size() == 2);
            CHECK(evaluation.metrics[0].name == "unseen_accuracy");
            CHECK(evaluation.metrics[0].value == Approx(naive_percent(second, tasks, judged.loss, {.steps = 20, .learning_rate = judged.rate})));
            CHECK(evaluation.metrics[1].name == "seen_accuracy");
            CHECK(evaluation.metrics[1].value == Approx(naive_percent(first, tasks, judged.loss, {.steps = 20, .learning_rate = judged.rate})));
            CHECK(evaluation.figures.empty());
        }
    }
    // In the end, all two hundred.
    const auto quick = task_on_shapes("learned-loss", {.train = 500, .test = 420, .options = {{"steps", "1"}, {"inner-lr", "2"}}});
    const apps::Evaluation last = quick->evaluate(method_of(*quick, "mln"), network, {});
    CHECK(last.metrics[0].value == Approx(naive_percent(second, 200, apps::network_loss(network), {.steps = 1, .learning_rate = 2})));
    CHECK(last.metrics[1].value == Approx(naive_percent(first, 200, apps::network_loss(network), {.steps = 1, .learning_rate = 2})));
    REQUIRE(last.figures.size() == 1);
    CHECK(last.figures[0].svg.find("The loss that was learned") != std::string::npos);
    CHECK(quick->evaluate(method_of(*quick, "mse"), network, {.at_most = 100}).figures.empty());
}

TEST_CASE("a learned loss refuses numbers out of range and a model of somebody else's") {
    const auto with = [](const std::string& name, const std::string& value) {
        const auto task = task_on_shapes("learned-loss", {.train = 500, .test = 420, .options = {{name, value}}});
        return task->learning(method_of(*task, "mse"), {}, task->defaults(method_of(*task, "mse")), 1).data.count;
    };
    CHECK_THROWS_WITH(with("steps", "0"), "[learned-loss] expected --steps to be a whole number in [1, 1000000], got 0");
    CHECK_THROWS_WITH(with("pairs", "0"), "[learned-loss] expected --pairs to be a whole number in [1, 1000000], got 0");
    CHECK_THROWS_WITH(with("deviation", "0"), "[learned-loss] expected --deviation to be a number in [1e-06, 1000], got 0");
    CHECK_THROWS_WITH(with("inner-lr", "0"), "[learned-loss] expected --inner-lr to be a number in [1e-06, 1000], got 0");
    apps::TrainingOptions options = test::options_of_shapes("learned-loss", enough_of_each);
    options.model = "mlp";
    CHECK_THROWS_WITH(apps::find_task("learned-loss").make(options), "[learned-loss] expected no --model, since the model is a loss, got mlp");
}
