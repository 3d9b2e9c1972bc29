// Long-tailed classes with missing labels: how many each class has, what is dropped, and the means of many, medium and few.
#include "apps/tasks/multi_label_data.h"

#include <knoll/apps/procedures/comic.h>
#include <knoll/apps/procedures/cosine_branches.h>
#include <knoll/apps/training/data_source.h>

using namespace knoll;
using namespace knoll::test;

namespace {

apps::TrainingOptions tail_options(const std::map<std::string, std::string>& of_task) {
    apps::TrainingOptions options;
    options.data = "shapes";
    options.train_size = 150;
    options.test_size = 40;
    options.task_options = of_task;
    return options;
}

const apps::Hyperparameters tail_numbers{.epochs = 9, .batch = 8, .learning_rate = 0.01, .optimizer = "sgd"};

apps::Learning tail_learning(const apps::Task& task, const std::string& loss, const nn::Sequential& model, std::uint64_t seed = 1) {
    return task.learning(method(loss, "long-tailed-partial"), model, tail_numbers, seed);
}

// Named after the numbers that stand behind them: "drop (12)".
double count_behind(const std::string& name) { return std::stod(name.substr(name.rfind('(') + 1)); }

}  // namespace

TEST_CASE("long-tailed classes are counted and called many, medium and few by what the most frequent has, and judged by the mean of each") {
    const auto tail = task("long-tailed-partial", tail_options({{"ratio", "0.02"}, {"drop", "0.3"}}));
    nn::Sequential model = linear_model(32 * 32, 40, 7);
    const SeenSet all = set_of(tail_learning(*tail, "bce+full", model));
    const std::vector<double> counts = class_counts(all.labels);
    const double most = *std::max_element(counts.begin(), counts.end()), least = *std::min_element(counts.begin(), counts.end());
    const double many_from = std::ceil(most / 5), few_below = std::ceil(most / 20);
    std::size_t many = 0, few = 0;
    for (const double count : counts) {
        many += count >= many_from ? 1 : 0;
        few += count < few_below ? 1 : 0;
    }
    REQUIRE(many > 2);
    REQUIRE(few > 0);
    REQUIRE(many + few < 40);
    double labels = 0;
    for (const auto& row : all.labels) labels += count_of(row);
    char per_image[16];
    std::snprintf(per_image, sizeof per_image, "%.2f", labels / 150);
    CHECK(in_words(tail->describe()) == text("data drawn shapes scenes, training examples 150, test examples 40, classes 40, ratio 0.02, many-shot classes ",
                                             many, ", in ", many_from, " training images or more, medium-shot classes ", 40 - many - few, ", few-shot classes ",
                                             few, ", in fewer than ", few_below, ", labels an example ", per_image, ", drop 0.3, model small_cnn"));
    CHECK_THAT(tail->introduction(),
               Catch::Matchers::StartsWith(text("The most frequent of 40 classes is in ", most, " training images, the rarest in ", least,
                                                ", and of each image's labels 30 percent are missing, but never all")) &&
                   Catch::Matchers::EndsWith(text("classes in ", many_from, " training images or more, in fewer than ", few_below, ", and between.")));
    const std::vector<std::string> names = tail->class_names();
    REQUIRE(names.size() == 40);
    for (std::size_t c = 0; c < 40; ++c) CHECK(count_behind(names[c]) == counts[c]);

    // The same test images, whatever is told of them: evaluated in one piece they give the classes' precisions.
    for (const std::string loss : {"bce", "comic"}) {
        const apps::Evaluation evaluation = tail->evaluate(method(loss, "long-tailed-partial"), model, {.is_final = false});
        CHECK(names_of(evaluation.metrics) == std::vector<std::string>{"mAP", "many", "medium", "few"});
        REQUIRE(evaluation.per_class.size() == 40);
        std::vector<double> parts[3];
        for (std::size_t c = 0; c < 40; ++c) parts[counts[c] >= many_from ? 0 : counts[c] < few_below ? 2 : 1].push_back(evaluation.per_class[c]);
        check_percents(values_of(evaluation.metrics), {mean_of(evaluation.per_class), mean_of(parts[0]), mean_of(parts[1]), mean_of(parts[2])});
        CHECK(evaluation.galleries.empty());
    }
    const data::MultiLabelImages test = apps::load_long_tailed_scenes(tail_options({}), 0.02).test;
    LabelRows rows;
    std::vector<std::vector<double>> images;
    for (std::int64_t i = 0; i < 40; ++i) {
        rows.push_back(select(test.labels(), 0, i).to_vector());
        images.push_back(select(test.images(), 0, i).to_vector());
        for (double& pixel : images.back()) pixel /= 255;
    }
    check_percents(tail->evaluate(method("bce", "long-tailed-partial"), model, {}).per_class, average_precisions(linear_logits(model, images), rows));

    const auto level = task("long-tailed-partial", tail_options({{"ratio", "1"}, {"drop", "0"}}));
    const apps::Evaluation even = level->evaluate(method("bce", "long-tailed-partial"), model, {});
    CHECK(even.galleries.empty());
    CHECK(std::isnan(even.metrics[3].value));
    CHECK(set_of(tail_learning(*level, "bce", model)).labels == set_of(tail_learning(*level, "bce+full", model)).labels);
}

TEST_CASE("positive labels are dropped with the probability asked for, but never all of an image, and others for every seed") {
    const nn::Sequential model = linear_model(32 * 32, 40, 7);
    const auto tail = task("long-tailed-partial", tail_options({{"drop", "0.3"}}));
    const SeenSet all = set_of(tail_learning(*tail, "hill+full", model));
    LabelRows observed[3];
    for (const auto seed : {std::uint64_t{1}, std::uint64_t{2}}) {
        observed[seed] = set_of(tail_learning(*tail, seed == 1 ? "comic" : "mfm", model, seed)).labels;
        CHECK(set_of(tail_learning(*tail, "bce", model, seed)).labels == observed[seed]);
        double labels = 0, left = 0;
        for (std::size_t i = 0; i < 150; ++i) {
            CHECK(count_of(observed[seed][i]) >= 1);
            for (std::size_t c = 0; c < 40; ++c) CHECK(observed[seed][i][c] <= all.labels[i][c]);
            if (count_of(all.labels[i]) < 3) continue;  // where the last one stays more often than by chance
            labels += count_of(all.labels[i]);
            left += count_of(observed[seed][i]);
        }
        CHECK(left / labels == Approx(0.7).margin(0.1));
        std::vector<std::string> names;
        for (const std::string& name : tail->class_names()) names.push_back(name.substr(0, name.rfind(" (")));
        check_labels_of(tail->examples(seed), found_again(all.labels, observed[seed], {}, 0.5, names, 12));
    }
    CHECK(observed[1] != observed[2]);
    for (const auto& labels : set_of(tail_learning(*task("long-tailed-partial", tail_options({{"drop", "1"}})), "bce", model)).labels)
        CHECK(count_of(labels) == 1);
}

TEST_CASE("labels found in long-tailed scenes are those above one half, and above 0.7 with comic, which corrects from there on") {
    const auto tail = task("long-tailed-partial", tail_options({{"drop", "0.5"}}));
    nn::Sequential model = linear_model(32 * 32, 40, 7);
    const SeenSet all = set_of(tail_learning(*tail, "bce+full", model)), observed = set_of(tail_learning(*tail, "bce", model, 3));
    const auto logits = linear_logits(model, all.images);
    std::vector<std::string> names;
    for (const std::string& name : tail->class_names()) names.push_back(name.substr(0, name.rfind(" (")));
    for (const auto& [loss, threshold] : std::map<std::string, double>{{"bce", 0.5}, {"comic", 0.7}, {"mfm", 0.5}}) {
        INFO(loss);
        const auto galleries = tail->evaluate(method(loss, "long-tailed-partial"), model, {.seed = 3, .at_most = 5}).galleries;
        REQUIRE(galleries.size() == 1);
        CHECK_THAT(galleries[0].introduction, Catch::Matchers::Contains(text("given a probability above ", threshold, "; a question mark")));
        check_labels_of(galleries[0].rows.at(0).images, found_again(all.labels, observed.labels, logits, threshold, names, 8));
    }
    CHECK(found_again(all.labels, observed.labels, logits, 0.5, names, 8) != found_again(all.labels, observed.labels, logits, 0.7, names, 8));
    CHECK(tail->evaluate(method("bce+full", "long-tailed-partial"), model, {}).galleries.empty());
}

TEST_CASE("comic trains three branches on 128 features with the observed labels, and mfm its modifier on the network as it is") {
    apps::TrainingOptions options = tail_options({});
    options.model = "mlp";
    const auto tail = task("long-tailed-partial", options);
    const auto initialized = [](nn::Sequential model) {
        Rng rng{5};
        model.initialize(rng);
        return model;
    };
    const apps::Method comic = method("comic", "long-tailed-partial");
    nn::Sequential branched = initialized(tail->make_model(comic)), same = nn::clone(branched);
    std::map<std::string, Shape> shapes;
    for (const auto& [name, tensor] : branched.state_dict()) shapes.emplace(name, tensor.shape());
    for (const char* name : {"branches.head", "branches.tail", "branches.balanced"}) CHECK(shapes.at(name) == Shape{40, 128});
    const apps::Learning learning = tail_learning(*tail, "comic", branched, 2);
    const LabelRows observed = set_of(learning).labels;
    std::vector<double> values;
    for (const auto& row : observed) values.insert(values.end(), row.begin(), row.end());
    const Tensor labels = tensor(values, {150, 40}, DType::u8);
    const auto by_hand = apps::make_comic(labels, apps::make_optimizer(same, tail_numbers));
    for (const data::Batch& batch : learning.data.batches(50, 0, 0)) CHECK(learning.procedure->step(branched, batch, 0) == by_hand->step(same, batch, 0));
    CHECK(learning.procedure->state_dict().front().second.to_vector() == by_hand->state_dict().front().second.to_vector());

    nn::Sequential plain = initialized(tail->make_model(method("mfm", "long-tailed-partial")));
    CHECK(plain.parameters().back().shape() == Shape{40});
    for (const std::string loss : {"mfm", "hill", "gr"}) {
        const apps::Learning descent = tail_learning(*tail, loss, plain, 2);
        const data::Batch batch = *descent.data.batches(50, 0, 0).begin();
        const apps::BatchLoss expected = loss == "mfm" ? apps::multi_grained_focal_loss(labels) : apps::batch_loss(loss, 9);
        const double value = expected(plain(batch.images), batch.labels, 6).item();
        CHECK(descent.procedure->step(plain, batch, 6) == value);
    }
}

TEST_CASE("what long-tailed-partial takes unless told otherwise") {
    CHECK(in_words(apps::find_task("long-tailed-partial").info) == "--ratio 0.01, --drop 0.4, bce+full bce focal asl hill splc mfm comic ");
    const auto tail = task("long-tailed-partial", tail_options({}));
    CHECK_THAT(in_words(tail->describe()), Catch::Matchers::Contains(", ratio 0.01,") && Catch::Matchers::Contains(", drop 0.4,"));
    for (const auto& [loss, rate] : std::map<std::string, std::string>{{"bce+full", "0.008"},
                                                                       {"bce", "0.008"},
                                                                       {"focal", "0.008"},
                                                                       {"asl", "0.008"},
                                                                       {"hill", "0.008"},
                                                                       {"splc", "0.008"},
                                                                       {"mfm", "0.004"},
                                                                       {"comic", "0.008"}}) {
        INFO(loss);
        CHECK(in_words(apps::describe(tail->defaults(method(loss, "long-tailed-partial")))) ==
              text("epochs 4, batch 32, lr ", rate, ", optimizer adam, schedule one-cycle, weight-decay 1e-04, ema 0.99"));
        CHECK(tail->is_reference(method(loss, "long-tailed-partial")) == (loss == "bce+full"));
    }
    CHECK(tail->per_class_label() == "average precision (percent)");
}
