// The task of metric learning: which classes are judged, and the numbers against plain loops.
#include "apps/tasks/own_task.h"

#include <knoll/apps/training/data_source.h>
#include <knoll/core/core.h>
#include <knoll/nn/nn.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

using namespace knoll;
using test::method_of;
using test::task_on_shapes;

namespace {

std::set<double> classes_drawn(const apps::Task& task, const std::string& method_name) {
    const apps::Method method = method_of(task, method_name);
    const nn::Sequential model = [&] {
        nn::Sequential made = task.make_model(method);
        Rng rng{1};
        made.initialize(rng);
        return made;
    }();
    const apps::Learning learning = task.learning(method, model, task.defaults(method), 1);
    std::set<double> classes;
    for (const data::Batch& batch : learning.data.batches(32, 0, 0))
        for (const double label : batch.labels.to_vector()) classes.insert(label);
    return classes;
}

struct NaiveRetrieval {
    double map = 0, recall = 0, queries = 0;
    std::vector<double> map_of_class = std::vector<double>(10), queries_of_class = std::vector<double>(10);
};

// Every query ranks all others by a full sort.
NaiveRetrieval naive_retrieval(const Tensor& embeddings, const std::vector<std::int64_t>& labels) {
    NaiveRetrieval result;
    const auto count = static_cast<std::size_t>(embeddings.size(0));
    for (std::size_t q = 0; q < count; ++q) {
        std::vector<std::pair<double, std::size_t>> others;
        double relevant = 0;
        for (std::size_t n = 0; n < count; ++n) {
            if (n == q) continue;
            double distance = 0;
            for (std::int64_t d = 0; d < embeddings.size(1); ++d)
                distance += std::pow(double{embeddings.at<float>(static_cast<std::int64_t>(q), d)} - embeddings.at<float>(static_cast<std::int64_t>(n), d), 2);
            others.emplace_back(distance, n);
            relevant += labels[n] == labels[q] ? 1 : 0;
        }
        if (relevant == 0) continue;
        std::sort(others.begin(), others.end());
        double found = 0, precision = 0;
        for (std::size_t i = 0; static_cast<double>(i) < relevant; ++i) {
            if (labels[others[i].second] != labels[q]) continue;
            found += 1;
            precision += found / static_cast<double>(i + 1) / relevant;
        }
        result.queries += 1;
        result.map += precision;
        result.recall += labels[others[0].second] == labels[q] ? 1 : 0;
        result.map_of_class[static_cast<std::size_t>(labels[q])] += precision;
        result.queries_of_class[static_cast<std::size_t>(labels[q])] += 1;
    }
    return result;
}

nn::Sequential embedding_of_shapes(const apps::Task& task) {
    nn::Sequential model = task.make_model(method_of(task, "triplet"));
    Rng rng{5};
    model.initialize(rng);
    return model;
}

}  // namespace

TEST_CASE("metric learning says what it takes, and begins with the numbers of its page, a rate for each loss") {
    const auto task = task_on_shapes("metric", {.train = 150, .test = 60});
    CHECK(task->describe() == apps::NamedTexts{{"data", "drawn shapes"},
                                               {"training examples", "90"},
                                               {"test examples", "24"},
                                               {"unseen classes", "4"},
                                               {"embedding", "64"},
                                               {"memory", "1024"},
                                               {"model", "small_cnn"}});
    for (const auto& [name, rate] : std::vector<std::pair<std::string, double>>{{"xbm", 3e-5},
                                                                                {"mem", 1e-4},
                                                                                {"contrastive", 1e-4},
                                                                                {"contrastive:margin=0.3", 1e-4},
                                                                                {"triplet", 1e-3},
                                                                                {"multi_similarity", 1e-3},
                                                                                {"anml:alpha=-2", 1e-3}}) {
        INFO(name);
        const apps::Hyperparameters defaults = task->defaults(method_of(*task, name));
        CHECK(defaults.learning_rate == rate);
        CHECK(defaults.epochs == 3);
        CHECK(defaults.batch == 32);
        CHECK(defaults.optimizer == "adam");
        CHECK(defaults.schedule == "one-cycle");
        CHECK(defaults.weight_decay == 1e-4);
        CHECK(defaults.ema == 0);
    }
    CHECK(task->info().methods == std::vector<std::string>{"triplet", "contrastive", "multi_similarity", "anml", "xbm", "mem"});
    CHECK(task->title() == "Metric learning: drawn shapes");
    CHECK(task->introduction().rfind(
              "Embeddings of 64 numbers, trained on 90 examples of some classes and judged on 24 examples of 4 others that training never saw", 0) == 0);
    CHECK(task->introduction().ends_with("on the same batches of 4 classes."));
    CHECK(task->per_class_label() == "MAP@R (percent)");
    const std::vector<std::string> names = apps::load_single_label(test::options_of_shapes("metric", {})).train.class_names();
    CHECK(task->class_names() == std::vector<std::string>(names.begin() + 6, names.end()));
}

TEST_CASE("metric learning trains on six of ten classes and is judged on the others, and held apart, it trains on four and is judged on two") {
    const auto task = task_on_shapes("metric", {.train = 300, .test = 60});
    CHECK(classes_drawn(*task, "triplet") == std::set<double>{0, 1, 2, 3, 4, 5});
    apps::TrainingOptions options = test::options_of_shapes("metric", {.train = 300, .test = 60});
    options.validate = true;
    const auto held_apart = apps::find_task("metric").make(options);
    CHECK(classes_drawn(*held_apart, "triplet") == std::set<double>{0, 1, 2, 3});
    const std::vector<std::string> names = apps::load_single_label(options).train.class_names();
    CHECK(held_apart->class_names() == std::vector<std::string>{names[4], names[5]});
    CHECK(held_apart->describe()[2].first == "validation examples");
    CHECK(held_apart->describe()[3].second == "2");
    // Other seeds draw other batches.
    const apps::Method method = method_of(*task, "contrastive");
    const auto first_batch = [&](std::uint64_t seed) {
        const apps::Learning learning = task->learning(method, embedding_of_shapes(*task), task->defaults(method), seed);
        const data::Batch batch = *learning.data.batches(32, 0, 0).begin();
        // Eight of each of four classes.
        const std::vector<double> labels = batch.labels.to_vector();
        for (std::size_t i = 0; i < 32; ++i) CHECK(labels[i] == labels[8 * (i / 8)]);
        CHECK(std::set<double>(labels.begin(), labels.end()).size() == 4);
        return batch.indices.to_vector();
    };
    CHECK(first_batch(1) == first_batch(1));
    CHECK(first_batch(1) != first_batch(2));
}

TEST_CASE("of Fashion-MNIST coats, shirts, sneakers and ankle boots are never trained on, and no more than 12000 others are") {
    if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist")) return;
    apps::TrainingOptions options;
    options.task = "metric";
    const auto task = apps::find_task("metric").make(options);
    CHECK(task->class_names() == std::vector<std::string>{"coat", "shirt", "sneaker", "ankle boot"});
    CHECK(task->describe()[1].second == "12000");
    CHECK(task->describe()[2].second == "4000");
    CHECK(classes_drawn(*task, "triplet") == std::set<double>{0, 1, 2, 3, 5, 8});
    options.validate = true;
    const auto held_apart = apps::find_task("metric").make(options);
    CHECK(classes_drawn(*held_apart, "triplet") == std::set<double>{1, 3, 5, 8});
    CHECK(held_apart->class_names() == std::vector<std::string>{"t-shirt", "pullover"});
}

TEST_CASE("metric learning is judged as plain loops judge it, on the examples of unseen classes alone, and shows their neighbours") {
    const auto task = task_on_shapes("metric", {.train = 150, .test = 73});
    nn::Sequential model = embedding_of_shapes(*task);
    model.eval();
    const data::LabeledImages set = apps::load_single_label(test::options_of_shapes("metric", {.train = 150, .test = 73})).test;
    std::vector<std::int64_t> judged, labels;
    for (std::int64_t n = 0; n < 73; ++n)
        if (set.labels().at<std::int64_t>(n) >= 6) {
            judged.push_back(n);
            labels.push_back(set.labels().at<std::int64_t>(n));
        }
    const Tensor embeddings = model(data::subset(set, judged).images().to(DType::f32) / 255.0).detach();
    REQUIRE(embeddings.size(1) == 64);
    for (std::int64_t n = 0; n < embeddings.size(0); ++n) CHECK(sum(square(select(embeddings, 0, n))).item() == Approx(1).epsilon(1e-5));
    const NaiveRetrieval naive = naive_retrieval(embeddings, labels);
    const apps::Evaluation evaluation = task->evaluate(method_of(*task, "mem"), model, {});
    REQUIRE(evaluation.metrics.size() == 2);
    CHECK(evaluation.metrics[0].name == "MAP@R");
    CHECK(evaluation.metrics[0].value == Approx(100 * naive.map / naive.queries));
    CHECK(evaluation.metrics[1].name == "recall@1");
    CHECK(evaluation.metrics[1].value == Approx(100 * naive.recall / naive.queries));
    REQUIRE(evaluation.per_class.size() == 4);
    for (std::size_t c = 0; c < 4; ++c) CHECK(evaluation.per_class[c] == Approx(100 * naive.map_of_class[c + 6] / naive.queries_of_class[c + 6]));

    REQUIRE(evaluation.galleries.size() == 1);
    const std::vector<apps::GalleryRow>& rows = evaluation.galleries[0].rows;
    REQUIRE(rows.size() == 8);
    const std::vector<std::string> names = task->class_names();
    for (std::size_t r = 0; r < 8; ++r) {
        const std::size_t c = r / 2;
        CHECK(rows[r].caption == names[c]);
        REQUIRE(rows[r].images.size() == 9);
        CHECK(rows[r].images[0].mark == apps::Mark::none);
        CHECK(rows[r].images[0].observed == std::vector<std::string>{names[c]});
        // The r-th query is the first or second example of its class; the next to it comes first.
        std::size_t query = 0;
        for (std::size_t seen = 0;; ++query)
            if (labels[query] == static_cast<std::int64_t>(c + 6) && seen++ == r % 2) break;
        std::vector<std::pair<double, std::size_t>> others;
        for (std::size_t n = 0; n < labels.size(); ++n)
            if (n != query)
                others.emplace_back(
                    sum(square(select(embeddings, 0, static_cast<std::int64_t>(n)) - select(embeddings, 0, static_cast<std::int64_t>(query)))).item(), n);
        std::sort(others.begin(), others.end());
        for (std::size_t k = 0; k < 8; ++k) {
            const std::int64_t label = labels[others[k].second];
            CHECK(rows[r].images[k + 1].observed == std::vector<std::string>{names[static_cast<std::size_t>(label - 6)]});
            CHECK(rows[r].images[k + 1].mark == (label == static_cast<std::int64_t>(c + 6) ? apps::Mark::right : apps::Mark::wrong));
        }
    }
    const apps::Evaluation midway = task->evaluate(method_of(*task, "mem"), model, {.at_most = 11, .is_final = false});
    CHECK(midway.galleries.empty());
    const data::LabeledImages some = apps::sample_of(data::subset(set, judged), 11);
    std::vector<std::int64_t> some_labels;
    for (std::int64_t n = 0; n < 11; ++n) some_labels.push_back(some.labels().at<std::int64_t>(n));
    const NaiveRetrieval few = naive_retrieval(model(some.images().to(DType::f32) / 255.0).detach(), some_labels);
    CHECK(midway.metrics[0].value == Approx(100 * few.map / few.queries));
    CHECK(midway.metrics[1].value == Approx(100 * few.recall / few.queries));
}

TEST_CASE("memories are used from the second epoch on, with room for as many embeddings as asked for, and never without room") {
    for (const std::string name : {"xbm", "mem"}) {
        INFO(name);
        for (const std::string room : {"1024", "5", "0"}) {
            const auto task = task_on_shapes("metric", {.train = 150, .test = 60, .options = {{"memory", room}}});
            const apps::Method method = method_of(*task, name);
            nn::Sequential model = embedding_of_shapes(*task);
            apps::Hyperparameters hyperparameters = task->defaults(method);
            hyperparameters.batch = 24;
            const apps::Learning learning = task->learning(method, model, hyperparameters, 1);
            REQUIRE(learning.data.count == 72);  // three whole batches of 24 in 90
            std::vector<double> sizes;
            for (int epoch = 0; epoch < 2; ++epoch)
                for (const data::Batch& batch : learning.data.batches(24, epoch, 0)) {
                    learning.procedure->step(model, batch, epoch);
                    for (const auto& [key, value] : learning.procedure->state_dict()) {
                        if (key == "memory.size") sizes.push_back(value.item());
                        if (key == "memory.rows") CHECK(value.shape() == Shape{std::max(std::stol(room), 1L), 64});
                    }
                }
            const std::vector<double> expected = room == "1024" ? std::vector<double>{0, 0, 0, 24, 48, 72}
                                                 : room == "5"  ? std::vector<double>{0, 0, 0, 5, 5, 5}
                                                                : std::vector<double>{0, 0, 0, 0, 0, 0};
            CHECK(sizes == expected);
        }
    }
    // A loss without a memory is descended as it is.
    const auto task = task_on_shapes("metric", {.train = 150, .test = 60});
    nn::Sequential model = embedding_of_shapes(*task);
    const apps::Method method = method_of(*task, "contrastive:margin=0.1");
    const apps::Learning learning = task->learning(method, model, task->defaults(method), 1);
    CHECK(learning.procedure->state_dict().empty());
    const data::Batch batch = *learning.data.batches(32, 0, 0).begin();
    const Tensor e = model(batch.images).detach();
    double loss = 0;
    for (std::int64_t a = 0; a < 32; ++a)
        for (std::int64_t b = 0; b < 32; ++b) {
            if (a == b) continue;
            const double s = sum(select(e, 0, a) * select(e, 0, b)).item();
            loss += (batch.labels.at<std::int64_t>(a) == batch.labels.at<std::int64_t>(b) ? 1 - s : std::max(0.0, s - 0.1)) / 32;
        }
    CHECK(learning.procedure->step(model, batch, 0) == Approx(loss).epsilon(1e-4));
}

TEST_CASE("metric learning refuses batches of other sizes, and too few examples to judge by") {
    const auto task = task_on_shapes("metric", {.train = 150, .test = 60});
    const apps::Method method = method_of(*task, "triplet");
    const nn::Sequential model = embedding_of_shapes(*task);
    for (const std::int64_t batch : {4, 6, 30}) {
        apps::Hyperparameters hyperparameters = task->defaults(method);
        hyperparameters.batch = batch;
        CHECK_THROWS_WITH(task->learning(method, model, hyperparameters, 1),
                          Catch::StartsWith("[metric] expected --batch to be a multiple of 4, the classes in a batch, and at least 8, got"));
    }
    apps::Hyperparameters least = task->defaults(method);
    least.batch = 8;
    CHECK_NOTHROW(task->learning(method, model, least, 1));
    CHECK_NOTHROW(task_on_shapes("metric", {.train = 150, .test = 20}));  // two of each class
    for (const std::string room : {"-1", "1000001"})
        CHECK_THROWS_WITH(task_on_shapes("metric", {.train = 150, .test = 60, .options = {{"memory", room}}}),
                          "[metric] expected --memory to be a whole number in [0, 1000000], got " + room);
    CHECK_THROWS_WITH(task_on_shapes("metric", {.train = 150, .test = 10}),
                      "[metric] expected a class that is not trained on with two test examples, got none among 10; take a larger --test-size");
}

TEST_CASE("where few are judged, a query is shown with all the others, and a class without a pair has no number") {
    // Five of the seventeen are of unseen classes: two of the first, one of each other.
    const auto task = task_on_shapes("metric", {.train = 150, .test = 17});
    nn::Sequential model = embedding_of_shapes(*task);
    model.eval();
    const apps::Evaluation evaluation = task->evaluate(method_of(*task, "triplet"), model, {});
    REQUIRE(evaluation.per_class.size() == 4);
    CHECK(std::isfinite(evaluation.per_class[0]));
    for (std::size_t c = 1; c < 4; ++c) CHECK(std::isnan(evaluation.per_class[c]));
    const std::vector<apps::GalleryRow>& rows = evaluation.galleries.at(0).rows;
    REQUIRE(rows.size() == 5);
    const std::vector<std::string> names = task->class_names();
    for (std::size_t r = 0; r < 5; ++r) {
        CHECK(rows[r].images.size() == 5);
        CHECK(rows[r].caption == names[r == 0 ? 0 : r - 1]);
    }
}
