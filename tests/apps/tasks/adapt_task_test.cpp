// The task of adapting: its numbers against loops over the stream.
#include "apps/tasks/own_task.h"

#include <knoll/apps/procedures/adaptation.h>
#include <knoll/apps/tasks/single_label.h>
#include <knoll/apps/training/data_source.h>
#include <knoll/core/core.h>
#include <knoll/data/loader/loader.h>
#include <knoll/data/spoil/corrupt_images.h>
#include <knoll/nn/nn.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <set>

using namespace knoll;
using test::method_of;
using test::task_on_shapes;

namespace {

// Scales and shifts so small that every step of a learner changes answers, and a last layer that is sure of them nevertheless.
nn::Sequential wavering_model() {
    nn::Sequential model{nn::Conv2d{1, 3, {.kernel = 5, .stride = 4}}, nn::BatchNorm2d{3}, nn::ReLU{}, nn::Flatten{}, nn::Linear{108, 10}};
    Rng rng{2};
    model.initialize(rng);
    model.get<nn::BatchNorm2d>(1).weight.copy_(full({3}, 0.003));
    model.get<nn::BatchNorm2d>(1).bias.copy_(full({3}, 0.001));
    auto& last = model.get<nn::Linear>(4);
    last.weight.copy_(200.0 * randn({10, 108}, rng));
    model.eval();
    return model;
}

struct NaiveAccuracy {
    double right = 0, all = 0;
    double percent() const { return all == 0 ? std::nan("") : 100 * right / all; }
};

// Adapts to each corruption from the source anew, and counts.
struct NaiveStream {
    std::vector<NaiveAccuracy> of_corruptions;
    NaiveAccuracy together;
    std::vector<NaiveAccuracy> of_classes = std::vector<NaiveAccuracy>(10);

    NaiveStream(const std::string& name, double rate, nn::Sequential& model, const data::LabeledImages& clean, const std::vector<data::Corruption>& corruptions,
                int severity, std::int64_t at_a_time) {
        for (const data::Corruption corruption : corruptions) {
            const auto adapter = apps::make_adapter(name, model, {.learning_rate = rate});
            const data::LabeledImages spoilt = data::corrupt_images(clean, {.corruption = corruption, .severity = severity, .seed = 7});
            NaiveAccuracy own;
            for (const data::Batch& batch : data::Loader{spoilt, {.batch_size = at_a_time, .shuffle = true, .seed = 7}}) {
                if (batch.size() == 1) continue;
                const Tensor logits = adapter->predict(batch.images);
                for (std::int64_t n = 0; n < batch.size(); ++n) {
                    std::int64_t answer = 0;
                    for (std::int64_t c = 1; c < 10; ++c)
                        if (logits.at<float>(n, c) > logits.at<float>(n, answer)) answer = c;
                    const auto label = batch.labels.at<std::int64_t>(n);
                    for (NaiveAccuracy* count : {&own, &together, &of_classes[static_cast<std::size_t>(label)]}) {
                        count->all += 1;
                        count->right += answer == label ? 1 : 0;
                    }
                }
            }
            of_corruptions.push_back(own);
        }
    }
};

const std::vector<std::string> names_of_corruptions{"noise", "blur", "contrast", "pixelate", "rotation"};

}  // namespace

TEST_CASE("the task of adapting says what it takes, and begins with the numbers of its page") {
    const auto task = task_on_shapes("adapt");
    CHECK(task->describe() == apps::NamedTexts{{"data", "drawn shapes"},
                                               {"training examples", "60"},
                                               {"test examples", "37"},
                                               {"classes", "10"},
                                               {"corruption", "all"},
                                               {"severity", "3"},
                                               {"stream-batch", "100"},
                                               {"adapt-lr", "each method's own"},
                                               {"model", "small_cnn"}});
    const apps::Hyperparameters defaults = task->defaults(method_of(*task, "dpl"));
    CHECK(defaults.epochs == 2);
    CHECK(defaults.batch == 64);
    CHECK(defaults.learning_rate == 0.1);
    CHECK(defaults.optimizer == "sgd");
    CHECK(defaults.schedule == "one-cycle");
    CHECK(defaults.weight_decay == 5e-4);
    CHECK(defaults.ema == 0);
    CHECK(task->data_name() == "drawn shapes");
    CHECK(task->title() == "Adapting to corrupted images: drawn shapes");
    CHECK(task->introduction().rfind("A network is trained on 60 clean images, and then sees corrupted ones of severity 3, 100 at a time", 0) == 0);
    CHECK(task->per_class_label() == "accuracy (percent)");
    CHECK(task->class_names().size() == 10);
    CHECK(task->info().methods == std::vector<std::string>{"none", "bn_stats", "tent", "dpl"});

    apps::TrainingOptions options = test::options_of_shapes("adapt", {.options = {{"corruption", "blur"}, {"severity", "5"}, {"adapt-lr", "0.25"}}});
    options.validate = true;
    options.test_size = std::nullopt;  // a fifth of 76, which are drawn so that 60 remain
    const apps::NamedTexts told = apps::find_task("adapt").make(options)->describe();
    CHECK(told[2] == std::pair<std::string, std::string>{"validation examples", "15"});
    CHECK(told[4].second == "blur");
    CHECK(told[5].second == "5");
    CHECK(told[7].second == "0.25");
    options.task_options = {{"severity", "6"}};
    CHECK_THROWS_WITH(apps::find_task("adapt").make(options), "[adapt] expected --severity to be a whole number in [1, 5], got 6");
    options.task_options = {{"stream-batch", "1"}};
    CHECK_THROWS_WITH(apps::find_task("adapt").make(options), "[adapt] expected --stream-batch to be a whole number in [2, 100000], got 1");
    options.task_options = {};
    options.model = "mlp";
    CHECK_THROWS_WITH(apps::find_task("adapt").make(options), "[adapt] expected a model with batch norm, got one without; use --model small_cnn or resnet20");
}

TEST_CASE("what adapts is judged on every corruption from the trained model anew, and on all together, with a rate of its own") {
    nn::Sequential model = wavering_model();
    const data::LabeledImages clean = apps::load_single_label(test::options_of_shapes("adapt", {.test = 145})).test;
    std::set<std::vector<double>> outcomes;
    // A last batch of one has no statistics, and is left out.
    for (const std::string at_a_time : {"9", "100"}) {
        const auto task = task_on_shapes("adapt", {.test = 145, .options = {{"stream-batch", at_a_time}}});
        for (const std::string& name : apps::adapter_names()) {
            INFO(name << ", " << at_a_time << " at a time");
            const NaiveStream naive{name, name == "tent" ? 1e-4 : 3e-4, model, clean, data::all_corruptions(), 3, std::stoi(at_a_time)};
            const apps::Evaluation evaluation = task->evaluate(method_of(*task, name), model, {});
            REQUIRE(evaluation.metrics.size() == 6);
            CHECK(evaluation.metrics[0].name == "accuracy");
            CHECK(evaluation.metrics[0].value == Approx(naive.together.percent()));
            std::vector<double> values;
            for (std::size_t i = 0; i < 5; ++i) {
                CHECK(evaluation.metrics[i + 1].name == names_of_corruptions[i]);
                CHECK(evaluation.metrics[i + 1].value == Approx(naive.of_corruptions[i].percent()));
                values.push_back(evaluation.metrics[i + 1].value);
            }
            REQUIRE(evaluation.per_class.size() == 10);
            for (std::size_t c = 0; c < 10; ++c) CHECK(evaluation.per_class[c] == Approx(naive.of_classes[c].percent()));
            if (at_a_time == "9") outcomes.insert(values);
        }
    }
    CHECK(outcomes.size() == 4);
}

TEST_CASE("one corruption, a severity, a rate, and fewer examples while training are what is judged where they are asked for") {
    nn::Sequential model = wavering_model();
    const data::LabeledImages clean = apps::load_single_label(test::options_of_shapes("adapt", {.test = 145})).test;
    const auto task =
        task_on_shapes("adapt", {.test = 145, .options = {{"stream-batch", "7"}, {"corruption", "rotation"}, {"severity", "1"}, {"adapt-lr", "0.05"}}});
    for (const std::string name : {"tent", "dpl"}) {
        const NaiveStream naive{name, 0.05, model, apps::sample_of(clean, 50), {data::Corruption::rotation}, 1, 7};
        const apps::Evaluation evaluation = task->evaluate(method_of(*task, name), model, {.at_most = 50, .is_final = false});
        REQUIRE(evaluation.metrics.size() == 2);
        CHECK(evaluation.metrics[0].value == Approx(naive.together.percent()));
        CHECK(evaluation.metrics[1].name == "rotation");
        CHECK(evaluation.metrics[1].value == Approx(naive.together.percent()));
    }
    // A loss that is no adapter is trained with, and then judged without adapting.
    const NaiveStream plain{"none", 0, model, clean, {data::Corruption::rotation}, 1, 7};
    CHECK(task->evaluate(method_of(*task, "softmax_focal"), model, {}).metrics[0].value == Approx(plain.together.percent()));
}

TEST_CASE("adapters are trained by cross entropy on clean images, and losses by themselves, in another order with another seed") {
    const auto task = task_on_shapes("adapt", {.train = 23});
    const auto first_step = [&](const std::string& name, std::uint64_t seed) {
        nn::Sequential model = wavering_model();
        const apps::Method method = method_of(*task, name);
        const apps::Learning learning = task->learning(method, model, task->defaults(method), seed);
        CHECK(learning.data.count == 23);
        const data::Batch batch = *learning.data.batches(8, 0, 0).begin();
        const Tensor p = softmax(model(batch.images), 1).detach();
        double entropy = 0, focal = 0;
        for (std::int64_t n = 0; n < 8; ++n) {
            entropy -= std::log(p.at<float>(n, batch.labels.at<std::int64_t>(n))) / 8;
            focal -= std::pow(1 - p.at<float>(n, batch.labels.at<std::int64_t>(n)), 3) * std::log(p.at<float>(n, batch.labels.at<std::int64_t>(n))) / 8;
        }
        const double loss = learning.procedure->step(model, batch, 0);
        CHECK(loss == Approx(name == "softmax_focal:gamma=3" ? focal : entropy).epsilon(1e-4));
        return batch.indices.to_vector();
    };
    for (const std::string name : {"none", "bn_stats", "tent", "dpl", "cross_entropy", "softmax_focal:gamma=3"}) {
        INFO(name);
        CHECK(first_step(name, 1) == first_step("none", 1));
        CHECK(first_step(name, 2) != first_step(name, 1));
    }
}

TEST_CASE("examples of adapting are one image, clean and with each corruption at severities 1, 3 and 5") {
    const auto task = task_on_shapes("adapt");
    const std::vector<apps::ExampleImage> shown = task->examples(1);
    REQUIRE(shown.size() == 16);
    CHECK(shown[0].observed == std::vector<std::string>{"clean"});
    std::set<std::string> pictures{shown[0].data_uri};
    for (std::size_t i = 0; i < 15; ++i) {
        CHECK(shown[i + 1].observed == std::vector<std::string>{names_of_corruptions[i / 3] + " " + std::to_string(1 + 2 * (i % 3))});
        pictures.insert(shown[i + 1].data_uri);
    }
    CHECK(pictures.size() == 16);
    CHECK(task->examples_introduction() == "One image, clean and with each corruption at three severities.");
}
