#include <knoll/apps/training/hyperparameters.h>

#include <knoll/apps/tasks/catalog.h>
#include <knoll/apps/training/task.h>
#include <knoll/nn/layers/layers.h>
#include <knoll/nn/optim/optimizer.h>

#include "apps/support.h"

#include <catch2/catch.hpp>

using namespace knoll;
using namespace knoll::apps;

namespace {

nn::Sequential small_model() {
    nn::Sequential model{nn::Conv2d{1, 2, {.kernel = 3}}, nn::BatchNorm2d{2}, nn::Flatten{}, nn::Linear{2, 3}};
    Rng rng{1};
    model.initialize(rng);
    return model;
}

TrainingOptions few_shapes(const std::string& task) {
    TrainingOptions options;
    options.task = task;
    options.data = "shapes";
    options.train_size = 3000;
    options.test_size = 60;
    return options;
}

std::string defaults_of(const std::string& task, const std::string& method, const std::string& model = "") {
    TrainingOptions options = few_shapes(task);
    if (task == "influence") options.train_size = std::nullopt;
    if (!model.empty()) options.model = model;
    const TaskEntry& entry = find_task(task);
    const auto made = entry.make(options);
    std::string line;
    for (const auto& [name, value] : describe(made->defaults(parse_method(method, entry.info)))) line += (line.empty() ? "" : " ") + value;
    return line;
}

}  // namespace

TEST_CASE("weight decay is of weights with two or more dimensions: biases and normalisation stay, with every optimiser") {
    for (const std::string& name : optimizer_names()) {
        CAPTURE(name);
        nn::Sequential model = small_model();
        std::vector<std::vector<double>> before;
        for (Tensor& parameter : model.parameters()) {
            const NoGrad no_grad;
            parameter += 1.0;  // a bias of 0 would stay so
            before.push_back(parameter.to_vector());
        }
        const auto optimizer = make_optimizer(model, {.learning_rate = 0.5, .optimizer = name, .weight_decay = 0.1});
        Tensor total = scalar(0.0);
        for (const Tensor& parameter : model.parameters()) total = total + 0.0 * sum(parameter);
        backward(total);
        optimizer->step();
        std::size_t decayed = 0;
        const std::vector<Tensor> parameters = model.parameters();
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            const bool stays = parameters[i].to_vector() == before[i];
            CHECK(stays == (parameters[i].rank() < 2));
            if (!stays) ++decayed;
            if (name != "sgd" || stays) continue;
            const std::vector<double> now = parameters[i].to_vector();
            for (std::size_t k = 0; k < now.size(); ++k) CHECK(now[k] == Approx(before[i][k] * (1 - 0.5 * 0.1)));
        }
        CHECK(decayed == 2);
    }
}

TEST_CASE("optimisers are those that they are called") {
    const nn::Sequential model = small_model();
    for (const auto& [name, kind] :
         std::vector<std::pair<std::string, std::string>>{{"sgd", "SGD"}, {"nesterov", "SGD"}, {"adam", "Adam"}, {"adamw", "AdamW"}, {"rmsprop", "RMSprop"}}) {
        const auto optimizer = make_optimizer(model, {.learning_rate = 0.25, .optimizer = name});
        CHECK(optimizer->name() == kind);
        CHECK(optimizer->learning_rate() == 0.25);
    }
    CHECK_THROWS_WITH(make_optimizer(model, {.optimizer = "adm"}), Catch::Contains("did you mean adam?"));
    CHECK_THROWS_WITH(make_curve({.schedule = "cosin"}, 10), Catch::Contains("did you mean cosine?"));
}

// Of a gradient of 1: v = 0.9 v + 1, and a step of v, or of 1 + 0.9 v.
TEST_CASE("sgd has momentum 0.9, and nesterov looks ahead with it") {
    for (const bool nesterov : {false, true}) {
        nn::Sequential model{nn::Linear{1, 1}};
        Rng rng{1};
        model.initialize(rng);
        const auto optimizer = make_optimizer(model, {.learning_rate = 0.1, .optimizer = nesterov ? "nesterov" : "sgd"});
        double expected = model.parameters()[0].item(), velocity = 0;
        for (int step = 0; step < 3; ++step) {
            optimizer->zero_grad();
            backward(sum(model.parameters()[0]) + sum(model.parameters()[1]));
            optimizer->step();
            velocity = 0.9 * velocity + 1;
            expected -= 0.1 * (nesterov ? 1 + 0.9 * velocity : velocity);
            CHECK(model.parameters()[0].item() == Approx(expected).epsilon(1e-5));
        }
    }
}

TEST_CASE("schedules turn where the help says") {
    const auto rate = [](const std::string& schedule, std::int64_t step, std::int64_t steps = 100) {
        return make_curve({.schedule = schedule}, steps)(8.0, step);
    };
    for (const std::int64_t step : {0, 50, 99}) CHECK(rate("constant", step) == 8.0);

    CHECK(rate("step", 49) == 8.0);
    CHECK(rate("step", 50) == 0.8);
    CHECK(rate("step", 74) == 0.8);
    CHECK(rate("step", 75) == 0.08);
    CHECK(rate("step", 3, 7) == 8.0);  // half of 7 steps is not over
    CHECK(rate("step", 4, 7) == 0.8);
    CHECK(rate("step", 6, 7) == 0.08);

    CHECK(rate("cosine", 0) == Approx(8.0));
    CHECK(rate("cosine", 50) == Approx(4.0));
    CHECK(rate("cosine", 25) == Approx(4 * (1 + std::sqrt(0.5))));

    double highest = 0;
    std::int64_t at = 0;
    for (std::int64_t step = 0; step < 100; ++step)
        if (rate("one-cycle", step) > highest) highest = rate("one-cycle", at = step);
    CHECK(highest == Approx(8.0).epsilon(1e-3));
    CHECK(std::abs(at - 20) <= 1);
    CHECK(rate("one-cycle", 0) < 0.5);

    CHECK(rate("warmup-cosine", 0) == Approx(0.8));
    CHECK(rate("warmup-cosine", 5) == Approx(8.0));
    CHECK(rate("warmup-cosine", 4) < 8.0);
    CHECK(rate("warmup-cosine", 6) < 8.0);
    CHECK(std::isfinite(rate("warmup-cosine", 0, 0)));
    CHECK(std::isfinite(rate("warmup-cosine", 0, 1)));
}

TEST_CASE("what is given replaces the task's choice, each by itself") {
    const Hyperparameters initial{.epochs = 1, .batch = 2, .learning_rate = 3, .optimizer = "sgd", .schedule = "step", .weight_decay = 4, .ema = 0.5};
    TrainingOptions options;
    CHECK(describe(with_options(initial, options)) == describe(initial));
    options.epochs = 10;
    options.batch = 20;
    options.learning_rate = 30;
    options.optimizer = "adam";
    options.schedule = "cosine";
    options.weight_decay = 40;
    options.ema = 0.25;
    CHECK(describe(with_options(initial, options)) ==
          NamedTexts{{"epochs", "10"}, {"batch", "20"}, {"lr", "30"}, {"optimizer", "adam"}, {"schedule", "cosine"}, {"weight-decay", "40"}, {"ema", "0.25"}});
}

// epochs, batch, rate, optimiser, schedule, weight decay, decay of averaged weights: as docs/results.md has them.
TEST_CASE("every task trains as the page of results says unless told otherwise") {
    CHECK(defaults_of("missing-labels", "bce") == "4 32 0.011 adam one-cycle 1e-04 0.99");
    for (const char* method : {"bce+full", "focal", "asl", "hill", "splc", "gr", "bce_ls"})
        CHECK(defaults_of("missing-labels", method) == "4 32 0.008 adam one-cycle 1e-04 0.99");
    for (const char* method : {"wan", "role"}) CHECK(defaults_of("missing-labels", method) == "4 32 0.004 adam one-cycle 1e-04 0.99");
    for (const char* method : {"cross_entropy", "cot", "sce", "cross_entropy+inverse"})
        CHECK(defaults_of("imbalanced", method) == "5 64 0.2 sgd one-cycle 5e-04 0");
    for (const char* method : {"softmax_focal", "cce", "cce:gamma=-2"}) CHECK(defaults_of("imbalanced", method) == "5 64 0.4 sgd one-cycle 5e-04 0");
    CHECK(defaults_of("long-tailed-partial", "bce") == "4 32 0.008 adam one-cycle 1e-04 0.99");
    CHECK(defaults_of("long-tailed-partial", "mfm") == "4 32 0.004 adam one-cycle 1e-04 0.99");
    CHECK(defaults_of("label-proportions", "proportion") == "7 128 0.03 nesterov cosine 5e-04 0.99");
    CHECK(defaults_of("label-proportions", "cross_entropy+full") == "7 128 0.1 nesterov cosine 5e-04 0.99");
    CHECK(defaults_of("adapt", "tent") == "2 64 0.1 sgd one-cycle 5e-04 0");
    CHECK(defaults_of("metric", "triplet") == "3 32 0.001 adam one-cycle 1e-04 0");
    CHECK(defaults_of("metric", "contrastive") == "3 32 1e-04 adam one-cycle 1e-04 0");
    CHECK(defaults_of("metric", "xbm") == "3 32 3e-05 adam one-cycle 1e-04 0");
    CHECK(defaults_of("active", "random") == "6 32 0.008 adam one-cycle 1e-04 0");
    CHECK(defaults_of("influence", "ecif") == "10 120 0.005 adam cosine 0 0");
}

TEST_CASE("wrong labels are learned at a rate for the loss and the share of them") {
    const auto rate = [](const std::string& method, const std::string& share) {
        TrainingOptions options = few_shapes("noisy-labels");
        options.task_options["rate"] = share;
        const TaskEntry& entry = find_task("noisy-labels");
        return entry.make(options)->defaults(parse_method(method, entry.info)).learning_rate;
    };
    CHECK(rate("cross_entropy", "0.2") == 0.2);
    CHECK(rate("cross_entropy", "0.4") == 0.1);
    CHECK(rate("cross_entropy:smoothing=0.1", "0.6") == 0.1);
    CHECK(rate("bootstrapping", "0.4") == 0.2);
    CHECK(rate("sce", "0.2") == 0.05);
    CHECK(rate("sce", "0.5") == 0.2);
    CHECK(rate("l2b", "0.29") == 0.05);
    CHECK(rate("l2b", "0.3") == 0.1);
    CHECK(rate("l2b", "0.5") == 0.05);
    CHECK(rate("cce", "0.4") == 0.1);
    CHECK(defaults_of("noisy-labels", "cross_entropy") == "10 128 0.1 sgd cosine 5e-04 0");
}

TEST_CASE("models without batch norm learn imbalanced classes at a lower rate, whatever the loss") {
    for (const char* model : {"lenet5", "mlp"})
        for (const char* method : {"cross_entropy", "softmax_focal", "cot", "cce:gamma=-2", "cce+inverse"})
            CHECK(defaults_of("imbalanced", method, model) == "5 64 0.05 sgd one-cycle 5e-04 0");
    CHECK(defaults_of("imbalanced", "cce", "resnet20") == "5 64 0.4 sgd one-cycle 5e-04 0");
}
