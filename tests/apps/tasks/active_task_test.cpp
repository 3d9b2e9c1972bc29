// The task of buying labels: its numbers, its rounds, its batches.
#include "apps/tasks/own_task.h"

#include <knoll/apps/procedures/active_learning.h>
#include <knoll/apps/tasks/single_label.h>
#include <knoll/apps/training/data_source.h>
#include <knoll/apps/training/models.h>
#include <knoll/core/core.h>
#include <knoll/nn/nn.h>
#include <catch2/catch.hpp>

#include <map>

using namespace knoll;
using test::method_of;
using test::task_on_shapes;

namespace {

const test::TaskSizes few_labels{
    .train = 90, .test = 57, .options = {{"budget", "30"}, {"initial", "8"}, {"rounds", "3"}, {"candidates", "20"}, {"draws", "70"}}};

}  // namespace

TEST_CASE("the task of buying labels says what it takes, and begins with the numbers of its page") {
    const auto task = task_on_shapes("active", {.train = 700, .test = 57});
    CHECK(task->describe() == apps::NamedTexts{{"data", "drawn shapes"},
                                               {"training examples", "700"},
                                               {"test examples", "57"},
                                               {"labels bought first", "100"},
                                               {"labels bought in all", "600"},
                                               {"rounds", "6"},
                                               {"candidates", "2000"},
                                               {"draws a round", "6400"},
                                               {"model", "lenet5"}});
    const apps::Hyperparameters defaults = task->defaults(method_of(*task, "ldm"));
    CHECK(defaults.epochs == 6);
    CHECK(defaults.batch == 32);
    CHECK(defaults.learning_rate == 8e-3);
    CHECK(defaults.optimizer == "adam");
    CHECK(defaults.schedule == "one-cycle");
    CHECK(defaults.weight_decay == 1e-4);
    CHECK(defaults.ema == 0);
    CHECK(task->info().methods == std::vector<std::string>{"random", "entropy", "margin", "coreset", "ldm"});
    CHECK(task->title() == "Active learning: drawn shapes");
    CHECK(task->introduction().rfind("Of 700 training examples the labels of 100 are bought at random, and then more in 5 further rounds, up to 600. Each "
                                     "strategy chooses what it buys among 2000 candidates",
                                     0) == 0);
    CHECK(task->curve_examples() == 2000);
    CHECK(task->progress_label() == "labels bought");
    for (int round = 1; round <= 6; ++round) CHECK(task->progress(round) == 100.0 * round);

    apps::TrainingOptions options = test::options_of_shapes("active", few_labels);
    options.epochs = 5;  // rounds by their other name
    options.model = "mlp";
    const auto small = apps::find_task("active").make(options);
    CHECK(small->defaults(method_of(*small, "ldm")).epochs == 5);
    CHECK(small->describe()[5].second == "5");
    CHECK(small->describe()[8].second == "mlp");
    CHECK(small->progress(1) == 8);
    CHECK(small->progress(2) == 13);
    CHECK(small->progress(5) == 30);
    options.validate = true;
    options.test_size = std::nullopt;  // a fifth of 113
    CHECK(apps::find_task("active").make(options)->describe()[2] == std::pair<std::string, std::string>{"validation examples", "22"});
}

TEST_CASE("buying labels refuses a budget below the first labels or beyond the examples, and averaged weights") {
    CHECK_THROWS_WITH(task_on_shapes("active", {.train = 60, .options = {{"initial", "31"}, {"budget", "30"}}}),
                      "[active] expected --initial of at most --budget, 30, got 31");
    CHECK_THROWS_WITH(task_on_shapes("active", {.train = 60, .options = {{"initial", "3"}, {"budget", "61"}}}),
                      "[active] expected a --budget of at most the 60 training examples, got 61");
    CHECK_NOTHROW(task_on_shapes("active", {.train = 60, .options = {{"initial", "60"}, {"budget", "60"}}}));
    for (const std::string name : {"initial", "budget", "rounds", "candidates", "draws"}) {
        test::TaskSizes sizes = few_labels;
        sizes.options[name] = "0";
        CHECK_THROWS_WITH(task_on_shapes("active", sizes), "[active] expected --" + name + " to be a whole number in [1, 1000000000], got 0");
    }
    apps::TrainingOptions options = test::options_of_shapes("active", few_labels);
    options.ema = 0.0;
    CHECK_NOTHROW(apps::find_task("active").make(options));
    options.ema = 0.5;
    CHECK_THROWS_WITH(apps::find_task("active").make(options), "[active] expected no --ema, since every round starts afresh, got 0.5");
}

TEST_CASE("a round draws from what has been bought alone, each example about as often as any other, in another order each round") {
    const auto task = task_on_shapes("active", few_labels);
    const apps::Method method = method_of(*task, "random");
    nn::Sequential model = task->make_model(method);
    Rng rng{1};
    model.initialize(rng);
    const apps::Learning learning = task->learning(method, model, task->defaults(method), 5);
    CHECK(learning.data.count == 70);
    CHECK(learning.data.restarts);
    std::vector<std::vector<double>> orders;
    for (int round = 0; round < 3; ++round) {
        INFO("round " << round);
        learning.procedure->begin_epoch(model, round);
        const std::int64_t bought = std::vector<std::int64_t>{8, 19, 30}[static_cast<std::size_t>(round)];
        std::map<double, int> drawn;
        std::vector<std::int64_t> sizes;
        std::vector<double> order;
        for (const data::Batch& batch : learning.data.batches(32, round, 0)) {
            sizes.push_back(batch.size());
            for (const double index : batch.indices.to_vector()) {
                ++drawn[index];
                order.push_back(index);
            }
        }
        CHECK(sizes == std::vector<std::int64_t>{32, 32, 6});
        CHECK(std::ssize(drawn) == bought);
        for (const auto& [index, times] : drawn) {
            CHECK(index < static_cast<double>(bought));
            CHECK((times == 70 / bought || times == 70 / bought + 1));
        }
        // One pass has all, the next in another order.
        const std::vector<double> pass(order.begin(), order.begin() + bought), next(order.begin() + bought, order.begin() + 2 * bought);
        CHECK(pass != next);
        CHECK(order != std::vector<double>(order.rbegin(), order.rend()));
        // From a batch on, the same.
        const data::Batch second = *learning.data.batches(32, round, 1).begin();
        CHECK(second.indices.to_vector() == std::vector<double>(order.begin() + 32, order.begin() + 64));
        orders.push_back(order);
    }
    const apps::Learning other = task->learning(method, model, task->defaults(method), 6);
    other.procedure->begin_epoch(model, 0);
    std::vector<double> order;
    for (const data::Batch& batch : other.data.batches(32, 0, 0))
        for (const double index : batch.indices.to_vector()) order.push_back(index);
    CHECK(order != orders[0]);
    CHECK(learning.procedure->state_dict()[0].second.to_vector() != other.procedure->state_dict()[0].second.to_vector());
}

TEST_CASE("buying labels is judged by accuracy, of each class too, and by its mean over the rounds") {
    const auto task = task_on_shapes("active", few_labels);
    const apps::Method method = method_of(*task, "margin");
    nn::Sequential model = task->make_model(method);
    Rng rng{3};
    model.initialize(rng);
    model.eval();
    const data::LabeledImages set = apps::load_single_label(test::options_of_shapes("active", few_labels)).test;
    const Tensor answers = argmax(model(set.images().to(DType::f32) / 255.0), 1);
    double right = 0;
    std::vector<double> of_class(10), all(10);
    for (std::int64_t n = 0; n < 57; ++n) {
        const auto label = set.labels().at<std::int64_t>(n);
        all[static_cast<std::size_t>(label)] += 1;
        of_class[static_cast<std::size_t>(label)] += answers.at<std::int64_t>(n) == label ? 1 : 0;
        right += answers.at<std::int64_t>(n) == label ? 1 : 0;
    }
    const apps::Evaluation evaluation = task->evaluate(method, model, {});
    REQUIRE(evaluation.metrics.size() == 1);
    CHECK(evaluation.metrics[0].name == "accuracy");
    CHECK(evaluation.metrics[0].value == Approx(100 * right / 57));
    REQUIRE(evaluation.per_class.size() == 10);
    for (std::size_t c = 0; c < 10; ++c) CHECK(evaluation.per_class[c] == Approx(100 * of_class[c] / all[c]));
    CHECK(task->class_names().size() == 10);
    CHECK(task->per_class_label() == "accuracy (percent)");
    const std::vector<apps::Metric> of_run = task->metrics_of_run({{.epoch = 1, .metrics = {{"accuracy", 20}, {"mean_accuracy", 90}}},
                                                                   {.epoch = 2, .metrics = {{"accuracy", 50}, {"mean_accuracy", 90}}},
                                                                   {.epoch = 3, .metrics = {{"accuracy", 56}, {"mean_accuracy", 90}}}});
    CHECK(of_run == std::vector<apps::Metric>{{"mean_accuracy", 42}});
}
