// Imbalanced classes: how many of each, what is drawn of them, how they weigh and how they are judged.
#include "apps/tasks/tiny_data.h"

#include <knoll/apps/procedures/descent.h>
#include <knoll/apps/report/image.h>

#include <numeric>

using namespace knoll;
using namespace knoll::test;

namespace {

apps::Learning imbalanced_learning(const apps::Task& task, const std::string& loss, const nn::Sequential& model, std::uint64_t seed = 1) {
    return task.learning(method(loss, "imbalanced"), model, {.batch = 7, .learning_rate = 0.1, .optimizer = "sgd"}, seed);
}

std::vector<std::int64_t> histogram_of(const std::vector<Seen>& all) {
    std::vector<std::int64_t> counts(10, 0);
    for (const Seen& seen : all) ++counts[static_cast<std::size_t>(seen.labels[0])];
    return counts;
}

const std::vector<std::int64_t> long_tail{30, 23, 17, 13, 10, 8, 6, 5, 3, 3};  // 30 times 0.1^(c/9), rounded down

}  // namespace

TEST_CASE("imbalanced classes have the sizes of their profile, of other examples for every seed") {
    const TinyFashion data{labels_in_turn(300), labels_in_turn(20)};
    const nn::Sequential model = linear_model(16, 10, 1);
    const std::map<std::string, std::vector<std::int64_t>> profiles{{"long-tailed", long_tail}, {"step", {30, 30, 30, 30, 30, 3, 3, 3, 3, 3}}};
    for (const auto& [profile, counts] : profiles) {
        INFO(profile);
        const auto imbalanced = task("imbalanced", data.options({{"profile", profile}, {"ratio", "0.1"}}));
        const auto total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
        std::set<std::int64_t> examples[3];
        for (const auto seed : {std::uint64_t{1}, std::uint64_t{2}}) {
            const apps::Learning learning = imbalanced_learning(*imbalanced, "cce", model, seed);
            CHECK(learning.data.count == total);
            const std::vector<Seen> all = epoch_of(learning.data, 7, 0);
            CHECK(histogram_of(all) == counts);
            for (const Seen& seen : all) {
                CHECK(seen.example % 10 == static_cast<std::int64_t>(seen.labels[0]));
                examples[seed].insert(seen.example);
            }
            CHECK(static_cast<std::int64_t>(examples[seed].size()) == total);
        }
        CHECK(examples[1] != examples[2]);
        CHECK(in_words(imbalanced->describe()) ==
              text("data Fashion-MNIST, training examples ", total, ", test examples 20, classes 10, profile ", profile, ", ratio 0.1, model small_cnn"));
        std::vector<std::string> names = data::fashion_mnist_classes();
        for (std::size_t c = 0; c < 10; ++c) names[c] += text(" (", counts[c], ")");
        CHECK(imbalanced->class_names() == names);
        CHECK_THAT(imbalanced->introduction(), Catch::Matchers::StartsWith("The most frequent class has 30 training examples, the rarest 3; "));
        const std::vector<Seen> second = in_order(epoch_of(imbalanced_learning(*imbalanced, "cce", model, 2).data, 7, 0));
        const std::vector<apps::ExampleImage> shown = imbalanced->examples(2);
        REQUIRE(shown.size() == 10);
        for (std::size_t c = 0; c < 10; ++c) {
            const auto first = std::find_if(second.begin(), second.end(), [&](const Seen& seen) { return seen.labels[0] == static_cast<double>(c); });
            std::vector<double> bytes;
            for (std::int64_t place = 0; place < 16; ++place) bytes.push_back(TinyFashion::pixel(first->example, place));
            CHECK(shown[c].data_uri == apps::png_data_uri(tensor(bytes, {1, 4, 4}, DType::u8)));
            CHECK(shown[c].observed == std::vector<std::string>{names[c]});
        }
    }
}

TEST_CASE("over-sampling draws classes alike, under-sampling takes of each what the rarest has, and neither is the default") {
    const TinyFashion data{labels_in_turn(300), labels_in_turn(20)};
    const nn::Sequential model = linear_model(16, 10, 1);
    const auto imbalanced = task("imbalanced", data.options({{"ratio", "0.1"}}));
    const apps::Learning over = imbalanced_learning(*imbalanced, "cross_entropy+over", model), under = imbalanced_learning(*imbalanced, "cot+under", model);
    CHECK(over.data.count == 118);
    std::vector<std::int64_t> drawn(10, 0);
    for (std::int64_t epoch = 0; epoch < 20; ++epoch) {
        const std::vector<std::int64_t> one = histogram_of(epoch_of(over.data, 7, epoch));
        for (std::size_t c = 0; c < 10; ++c) drawn[c] += one[c];
        CHECK(histogram_of(epoch_of(under.data, 7, epoch)) == std::vector<std::int64_t>(10, 3));
    }
    for (const std::int64_t count : drawn) CHECK(count == Approx(236).margin(70));
    CHECK(under.data.count == 30);
}

TEST_CASE("examples weigh by the inverse or the effective number of their class, of which there are others under every seed") {
    const TinyFashion data{labels_in_turn(300), labels_in_turn(20)};
    const auto imbalanced = task("imbalanced", data.options({{"ratio", "0.1"}}));
    const auto pixels = tiny_pixels(300);
    const std::map<std::string, std::function<double(double)>> kinds{{"", [](double) { return 1.0; }},
                                                                     {"+inverse", [](double n) { return 1 / n; }},
                                                                     {"+effective", [](double n) { return (1 - 0.9999) / (1 - std::pow(0.9999, n)); }}};
    for (const std::string loss : {"cross_entropy", "cot"})
        for (const auto& [modifier, weight] : kinds) {
            INFO(loss << modifier);
            nn::Sequential model = linear_model(16, 10, 3);
            const apps::Learning learning = imbalanced_learning(*imbalanced, loss + modifier, model);
            CHECK(learning.procedure->optimizers().size() == (loss == "cot" ? 2U : 1U));
            const std::vector<Seen> all = epoch_of(learning.data, 40, 0);
            const data::Batch batch = *learning.data.batches(40, 0, 0).begin();
            double total = 0, value = 0;
            for (std::size_t i = 0; i < 40; ++i) {
                const std::vector<double> z = linear_logits(model, {pixels[static_cast<std::size_t>(all[i].example)]})[0];
                const auto label = static_cast<std::size_t>(all[i].labels[0]);
                double sum = 0;
                for (const double one : z) sum += std::exp(one);
                const double share = weight(static_cast<double>(long_tail[label]));
                total += share;
                value += share * (std::log(sum) - z[label]);
            }
            CHECK(learning.procedure->step(model, batch, 0) == Approx(value / total).epsilon(1e-5));
        }
}

TEST_CASE("complement objective training is cross-entropy and the complement objective in turn") {
    const TinyFashion data{labels_in_turn(300), labels_in_turn(20)};
    const auto imbalanced = task("imbalanced", data.options({{"ratio", "0.1"}}));
    nn::Sequential model = linear_model(16, 10, 3), same = nn::clone(model);
    const apps::Learning learning = imbalanced_learning(*imbalanced, "cot", model);
    const auto sgd = [&] { return apps::make_optimizer(same, {.batch = 7, .learning_rate = 0.1, .optimizer = "sgd"}); };
    const auto by_hand = apps::make_alternation(apps::batch_loss("cross_entropy"), sgd(), apps::complement_objective(), sgd());
    for (const data::Batch& batch : learning.data.batches(50, 0, 0)) CHECK(learning.procedure->step(model, batch, 0) == by_hand->step(same, batch, 0));
    CHECK(model.get<nn::Linear>(1).weight.to_vector() == same.get<nn::Linear>(1).weight.to_vector());
}

TEST_CASE("imbalanced classes are judged by accuracy, that of the mean class and that of the rarest third, without classes that the test set lacks") {
    std::vector<std::int64_t> labels;
    for (std::int64_t i = 0; i < 60; ++i) labels.push_back(i % 7 == 0 ? 8 : i % 10 == 9 ? 7 : i % 10 == 4 ? 3 : i % 10);  // none of 4 and of 9
    const TinyFashion data{labels_in_turn(300), labels};
    nn::Sequential model = linear_model(16, 10, 5);
    {
        const NoGrad no_grad;
        model.get<nn::Linear>(1).bias.copy_(tensor({0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.6, 1.2, 0.0}));  // so that rare classes are predicted, too
    }
    const auto logits = linear_logits(model, tiny_pixels(60));
    const std::vector<double> classes = class_accuracies(logits, labels);
    double right = 0, balanced = 0;
    for (std::size_t i = 0; i < 60; ++i) right += first_largest(logits[i]) == labels[i] ? 1 : 0;
    for (const double accuracy : classes) balanced += std::isnan(accuracy) ? 0 : accuracy / 8;
    // The rarest third of ten are three: by size, and of equal ones the last.
    for (const std::string profile : {"long-tailed", "step"}) {
        const auto imbalanced = task("imbalanced", data.options({{"profile", profile}, {"ratio", "0.1"}}));
        const apps::Evaluation evaluation = imbalanced->evaluate(method("cot", "imbalanced"), model, {});
        CHECK(names_of(evaluation.metrics) == std::vector<std::string>{"accuracy", "balanced_accuracy", "minority_accuracy"});
        check_percents(values_of(evaluation.metrics), {100 * right / 60, balanced, (classes[7] + classes[8]) / 2});
        check_percents(evaluation.per_class, classes);
    }
    REQUIRE(classes[7] + classes[8] > 0);
    REQUIRE(classes[7] + classes[8] != classes[6] + classes[8]);
    CHECK_THROWS_WITH(task("imbalanced", TinyFashion{labels_in_turn(300), labels_in_turn(20, 7)}.options({{"ratio", "0.1"}})),
                      "[imbalanced] expected test examples of the classes with few training examples, got none among 20; take a larger --test-size");
}

TEST_CASE("what imbalanced takes unless told otherwise") {
    const TinyFashion data{labels_in_turn(2000), labels_in_turn(20)};
    CHECK(in_words(apps::find_task("imbalanced").info) == "--profile long-tailed, --ratio 0.01, cross_entropy softmax_focal cot cce ");
    const auto imbalanced = task("imbalanced", data.options());
    CHECK(in_words(imbalanced->describe()) ==
          "data Fashion-MNIST, training examples 492, test examples 20, classes 10, profile long-tailed, ratio 0.01, model small_cnn");
    for (const auto& [loss, rate] : std::map<std::string, std::string>{
             {"cross_entropy", "0.2"}, {"cross_entropy+effective", "0.2"}, {"softmax_focal", "0.4"}, {"cot", "0.2"}, {"cce", "0.4"}, {"cce:gamma=-2", "0.4"}}) {
        INFO(loss);
        CHECK(in_words(apps::describe(imbalanced->defaults(method(loss, "imbalanced")))) ==
              text("epochs 5, batch 64, lr ", rate, ", optimizer sgd, schedule one-cycle, weight-decay 5e-04, ema 0"));
    }
    CHECK_FALSE(imbalanced->is_reference(method("cot", "imbalanced")));
}
