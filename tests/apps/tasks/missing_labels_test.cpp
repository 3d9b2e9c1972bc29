// Missing labels: which are observed, what is found again, and the numbers that a model is judged by.
#include "apps/tasks/multi_label_data.h"

#include <knoll/apps/procedures/role.h>
#include <knoll/losses/registry.h>

using namespace knoll;
using namespace knoll::test;

namespace {

constexpr std::size_t scene_labels = 7;
const std::vector<std::string> scene_names{"ant", "bee", "cow", "dog", "elk", "fox", "gnu"};

// Images of 4x4 with up to six of seven labels, as ARFF files. The last label is never there.
class TinyScenes {
public:
    TinyScenes() {
        train = write("train.arff", 40, 1);
        test = write("test.arff", 23, 2);
    }

    apps::TrainingOptions options(const std::string& keep = "") const {
        apps::TrainingOptions options;
        options.data = "arff:train.arff,test.arff,7,1x4x4";
        options.data_dir = folder_.path();
        if (!keep.empty()) options.task_options["keep"] = keep;
        return options;
    }

    SeenSet train, test;

private:
    SeenSet write(const std::string& name, std::size_t count, std::uint64_t seed) const {
        SeenSet set;
        Rng rng{seed};
        std::ofstream file{folder_ / name};
        file << "@relation tiny\n";
        for (int i = 0; i < 16; ++i) file << "@attribute f" << i << " numeric\n";
        for (const std::string& label : scene_names) file << "@attribute " << label << " {0,1}\n";
        file << "@data\n";
        for (std::size_t n = 0; n < count; ++n) {
            set.images.emplace_back();
            set.labels.emplace_back(scene_labels, 0.0);
            for (int i = 0; i < 16; ++i) {
                set.images.back().push_back(static_cast<float>(rng.below(1000)) / 1000.0F);
                file << set.images.back().back() << ",";
            }
            for (std::size_t c = 0; c < scene_labels; ++c) {
                set.labels.back()[c] = c < n % scene_labels && !(c == 0 && n % 5 == 0) ? 1 : 0;
                file << set.labels.back()[c] << (c + 1 < scene_labels ? "," : "\n");
            }
        }
        return set;
    }

    TemporaryFolder folder_;
};

const apps::Hyperparameters scene_numbers{.epochs = 9, .batch = 8, .learning_rate = 0.05, .optimizer = "adam"};

apps::Learning scene_learning(const apps::Task& task, const std::string& loss, const nn::Sequential& model, std::uint64_t seed = 1) {
    return task.learning(method(loss, "missing-labels"), model, scene_numbers, seed);
}

double kept_of(const std::string& keep, double count) {
    const double kept = keep == "single" ? 1 : keep == "40" ? std::floor(count / 5) + 1 : keep == "75" ? std::floor(count / 2) + 1 : count;
    return std::min(kept, count);
}

}  // namespace

TEST_CASE("of an image's labels as many are observed as asked for, others for every seed, and all by a reference") {
    const TinyScenes scenes;
    const nn::Sequential model = linear_model(16, scene_labels, 1);
    const std::map<std::string, std::string> phrases{{"single", "but the training set names only one of them an image; the others read as absent. Each"},
                                                     {"40", "but the training set names about 40 percent of them; the others read as absent. Each"},
                                                     {"75", "but the training set names about 75 percent of them; the others read as absent. Each"},
                                                     {"full", "but here the training set names all of them. Each"}};
    for (const auto& [keep, phrase] : phrases) {
        INFO(keep);
        const auto missing = task("missing-labels", scenes.options(keep));
        LabelRows observed[3];
        for (const auto seed : {std::uint64_t{1}, std::uint64_t{2}}) {
            const SeenSet set = set_of(scene_learning(*missing, seed == 1 ? "hill" : "role", model, seed));
            observed[seed] = set.labels;
            REQUIRE(set.labels.size() == 40);
            for (std::size_t i = 0; i < 40; ++i) {
                CHECK(set.images[i] == scenes.train.images[i]);
                CHECK(count_of(set.labels[i]) == kept_of(keep, count_of(scenes.train.labels[i])));
                for (std::size_t c = 0; c < scene_labels; ++c) CHECK(set.labels[i][c] <= scenes.train.labels[i][c]);
            }
            CHECK(set_of(scene_learning(*missing, "bce", model, seed)).labels == set.labels);
            check_labels_of(missing->examples(seed), keep == "full" ? [&] {
                std::vector<apps::ExampleImage> all(12);
                for (std::size_t i = 0; i < 12; ++i)
                    for (std::size_t c = 0; c < scene_labels; ++c)
                        if (set.labels[i][c] == 1) all[i].observed.push_back(scene_names[c]);
                return all;
            }() : found_again(scenes.train.labels, set.labels, {}, 0.5, scene_names, 12));
        }
        CHECK((observed[1] == observed[2]) == (keep == "full"));
        CHECK(set_of(scene_learning(*missing, "bce+full", model)).labels == scenes.train.labels);
        CHECK_THAT(missing->introduction(),
                   Catch::Matchers::StartsWith("Images have 7 possible labels and several of them each, ") && Catch::Matchers::Contains(phrase));
        CHECK(in_words(missing->describe()) ==
              text("data arff:train.arff,test.arff,7,1x4x4, training examples 40, test examples 23, classes 7, labels an example ", "2.73", ", keep ", keep,
                   ", model small_cnn"));
        CHECK(missing->is_reference(method("bce+full", "missing-labels")));
        CHECK_FALSE(missing->is_reference(method("bce", "missing-labels")));
        CHECK(missing->class_names() == scene_names);
    }
    double total = 0;
    for (const auto& labels : scenes.train.labels) total += count_of(labels);
    CHECK(total == 109);  // 2.725 an image
}

TEST_CASE("missing labels are judged by mean average precision, CF1 and OF1 in percent, on all labels of the test images") {
    const TinyScenes scenes;
    const auto missing = task("missing-labels", scenes.options());
    nn::Sequential model = linear_model(16, scene_labels, 3);
    const auto logits = linear_logits(model, scenes.test.images);
    const std::vector<double> precisions = average_precisions(logits, scenes.test.labels);
    double class_f1 = 0, all[3] = {0, 0, 0};
    for (std::size_t c = 0; c < scene_labels; ++c) {
        double both = 0, predicted = 0, there = 0;
        for (std::size_t i = 0; i < 23; ++i) {
            both += logits[i][c] > 0 && scenes.test.labels[i][c] == 1 ? 1 : 0;
            predicted += logits[i][c] > 0 ? 1 : 0;
            there += scenes.test.labels[i][c];
        }
        class_f1 += both == 0 ? 0 : 100 * 2 * both / (predicted + there) / scene_labels;
        all[0] += both;
        all[1] += predicted;
        all[2] += there;
    }
    const double overall_f1 = 100 * 2 * all[0] / (all[1] + all[2]);
    REQUIRE(class_f1 > 1);
    REQUIRE(overall_f1 != Approx(class_f1));
    const apps::Evaluation evaluation = missing->evaluate(method("hill", "missing-labels"), model, {.seed = 2});
    CHECK(names_of(evaluation.metrics) == std::vector<std::string>{"mAP", "CF1", "OF1"});
    check_percents(values_of(evaluation.metrics), {mean_of(precisions), class_f1, overall_f1});
    check_percents(evaluation.per_class, precisions);
    const apps::Evaluation of_nine = missing->evaluate(method("hill", "missing-labels"), model, {.at_most = 9, .is_final = false});
    CHECK(of_nine.metrics[2].value != evaluation.metrics[2].value);
    CHECK(of_nine.galleries.empty());
}

TEST_CASE("labels found on training images are shown with a question mark where there is no such label, by the model and by the estimates of role") {
    const TinyScenes scenes;
    nn::Sequential model = linear_model(16, scene_labels, 3);
    const auto logits = linear_logits(model, scenes.train.images);
    for (const std::string keep : {"single", "40"})
        for (const auto seed : {std::uint64_t{1}, std::uint64_t{4}}) {
            INFO(keep << " " << seed);
            const auto missing = task("missing-labels", scenes.options(keep));
            const apps::Learning learning = scene_learning(*missing, "role", model, seed);
            const LabelRows observed = set_of(learning).labels;
            const auto galleries = missing->evaluate(method("hill", "missing-labels"), model, {.seed = seed}).galleries;
            REQUIRE(galleries.size() == 1);
            CHECK(galleries[0].title == "Labels that the model finds on its own training images");
            REQUIRE(galleries[0].rows.size() == 1);
            check_labels_of(galleries[0].rows[0].images, found_again(scenes.train.labels, observed, logits, 0.5, scene_names, 8));

            const std::vector<double> estimates = learning.procedure->state_dict().front().second.to_vector();
            std::vector<std::vector<double>> rows;
            for (std::size_t i = 0; i < 40; ++i)
                rows.emplace_back(estimates.begin() + static_cast<std::ptrdiff_t>(i * scene_labels),
                                  estimates.begin() + static_cast<std::ptrdiff_t>((i + 1) * scene_labels));
            const auto estimated = learning.procedure->galleries(model);
            REQUIRE(estimated.size() == 1);
            CHECK(estimated[0].title == "Labels that the estimates have found");
            check_labels_of(estimated[0].rows[0].images, found_again(scenes.train.labels, observed, rows, 0.5, scene_names, 8));
        }
    const auto galleries = [&](const std::string& keep, const std::string& loss) {
        return task("missing-labels", scenes.options(keep))->evaluate(method(loss, "missing-labels"), model, {}).galleries;
    };
    CHECK(galleries("full", "bce").empty());
    CHECK(galleries("single", "bce+full").empty());
    CHECK(galleries("75", "bce").size() == 1);
}

TEST_CASE("role is told how many labels an image has and which are observed, and losses with a schedule how long it is") {
    const TinyScenes scenes;
    const auto missing = task("missing-labels", scenes.options());
    nn::Sequential model = linear_model(16, scene_labels, 3), same = nn::clone(model);
    const apps::Learning learning = scene_learning(*missing, "role", model, 4);
    const LabelRows observed = set_of(learning).labels;
    std::vector<double> values;
    for (const auto& row : observed) values.insert(values.end(), row.begin(), row.end());
    double total = 0;
    for (const auto& labels : scenes.train.labels) total += count_of(labels);
    const auto by_hand = apps::make_role(tensor(values, {40, scene_labels}, DType::u8), total / 40, apps::make_optimizer(same, scene_numbers), 4,
                                         [](const Tensor&) { return std::vector<apps::Gallery>{}; });
    for (const data::Batch& batch : learning.data.batches(9, 0, 0)) CHECK(learning.procedure->step(model, batch, 0) == by_hand->step(same, batch, 0));
    CHECK(learning.procedure->state_dict().front().second.to_vector() == by_hand->state_dict().front().second.to_vector());

    for (const int epoch : {0, 3, 6}) {
        nn::Sequential fresh = linear_model(16, scene_labels, 3);
        const apps::Learning scheduled = scene_learning(*missing, "gr", fresh);
        const data::Batch batch = *scheduled.data.batches(9, 0, 0).begin();
        const double expected = (*losses::make("gr"))(fresh(batch.images), batch.labels, {.epoch = epoch, .epochs = 9}).item();
        CHECK(scheduled.procedure->step(fresh, batch, epoch) == expected);
    }
}

TEST_CASE("what missing-labels takes unless told otherwise") {
    const TinyScenes scenes;
    CHECK(in_words(apps::find_task("missing-labels").info) == "--keep single, bce+full bce wan bce_ls epr:k=2.3 role gr hill splc ");
    const auto missing = task("missing-labels", scenes.options());
    CHECK_THAT(in_words(missing->describe()), Catch::Matchers::Contains("keep single"));
    for (const auto& [loss, rate] : std::map<std::string, std::string>{{"bce", "0.011"},
                                                                       {"bce+full", "0.008"},
                                                                       {"hill+full", "0.008"},
                                                                       {"wan", "0.004"},
                                                                       {"role", "0.004"},
                                                                       {"bce_ls", "0.008"},
                                                                       {"epr:k=2.3", "0.008"},
                                                                       {"gr", "0.008"},
                                                                       {"hill", "0.008"},
                                                                       {"splc", "0.008"},
                                                                       {"focal:gamma=1", "0.008"},
                                                                       {"asl", "0.008"}}) {
        INFO(loss);
        CHECK(in_words(apps::describe(missing->defaults(method(loss, "missing-labels")))) ==
              text("epochs 4, batch 32, lr ", rate, ", optimizer adam, schedule one-cycle, weight-decay 1e-04, ema 0.99"));
    }
    CHECK(missing->per_class_label() == "average precision (percent)");
    CHECK(missing->curve_examples() == 500);
}
