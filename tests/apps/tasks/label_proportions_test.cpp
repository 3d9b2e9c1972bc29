// Bags: how they are cut, what is known of them, and how each method sees their images.
#include "apps/tasks/tiny_data.h"

#include <knoll/apps/procedures/ahil.h>
#include <knoll/apps/procedures/descent.h>
#include <knoll/apps/report/image.h>

using namespace knoll;
using namespace knoll::test;

namespace {

const apps::Hyperparameters bag_numbers{.epochs = 9, .batch = 14, .learning_rate = 0.1, .optimizer = "sgd"};

apps::Learning bag_learning(const apps::Task& task, const std::string& loss, const nn::Sequential& model, std::uint64_t seed = 1) {
    return task.learning(method(loss, "label-proportions"), model, bag_numbers, seed);
}

std::set<std::set<std::int64_t>> bags_of(const std::vector<Seen>& all, std::size_t bag) {
    std::set<std::set<std::int64_t>> bags;
    for (std::size_t i = 0; i + bag <= all.size(); i += bag) {
        std::set<std::int64_t> one;
        for (std::size_t j = i; j < i + bag; ++j) one.insert(all[j].example);
        bags.insert(one);
    }
    return bags;
}

}  // namespace

TEST_CASE("bags are cut once for a seed, whole, and come in another order every epoch") {
    const TinyFashion data{labels_in_turn(100), labels_in_turn(20)};
    const auto proportions = task("label-proportions", data.options({{"bag", "7"}}));
    const nn::Sequential model = linear_model(16, 10, 1);
    std::set<std::set<std::int64_t>> first[3];
    for (const auto seed : {std::uint64_t{1}, std::uint64_t{2}}) {
        const apps::Learning learning = bag_learning(*proportions, "ahil", model, seed);
        CHECK(learning.data.count == 98);
        const std::vector<Seen> one = epoch_of(learning.data, 14, 0), two = epoch_of(learning.data, 14, 1);
        CHECK(one.size() == 98);
        first[seed] = bags_of(one, 7);
        CHECK(first[seed].size() == 14);
        CHECK(bags_of(two, 7) == first[seed]);
        CHECK_FALSE(std::equal(one.begin(), one.end(), two.begin(), [](const Seen& a, const Seen& b) { return a.example == b.example; }));
        CHECK(bags_of(epoch_of(bag_learning(*proportions, "proportion+plain", model, seed).data, 14, 0), 7) == first[seed]);
    }
    CHECK(first[1] != first[2]);
    const apps::Learning full = bag_learning(*proportions, "sce+full", model);
    CHECK(full.data.count == 100);
    CHECK(in_words(proportions->describe()) ==
          "data Fashion-MNIST, training examples 98, test examples 20, classes 10, bag 7, bags 14, warm-up 0.25, model small_cnn");
    CHECK_THAT(proportions->introduction(), Catch::Matchers::StartsWith("Of 14 bags of 7 images only the share of each class is known"));
    CHECK(proportions->is_reference(method("sce+full", "label-proportions")));
    CHECK_FALSE(proportions->is_reference(method("ahil+plain", "label-proportions")));
    for (const char* refused : {"sce", "ahil+full"})
        CHECK_THROWS_WITH(bag_learning(*proportions, refused, model),
                          text("[label-proportions] expected proportion, ahil, or a loss of single labels with +full, got ", refused));
}

TEST_CASE("the views of bags are what the method says, and pseudo-labels begin after a quarter of the epochs, rounded down") {
    const TinyFashion data{labels_in_turn(98), labels_in_turn(20)};
    const auto proportions = task("label-proportions", data.options({{"bag", "7"}}));
    const std::vector<data::Transform> shifted{data::random_crop(2), data::random_horizontal_flip()};
    const std::vector<data::Transform> hidden{data::random_crop(4), data::random_horizontal_flip(), data::cutout(2)};
    struct Case {
        std::string method;
        std::vector<data::Transform> weak, strong;
        double instance_weight;
    };
    for (const Case& one :
         {Case{"proportion+plain", {}, {}, 0}, {"proportion", shifted, {}, 0}, {"ahil+plain", {}, hidden, 0.5}, {"ahil", shifted, hidden, 0.5}}) {
        INFO(one.method);
        nn::Sequential model = linear_model(16, 10, 3), same = nn::clone(model);
        const apps::Learning learning = bag_learning(*proportions, one.method, model, 6);
        const auto by_hand = apps::make_ahil(apps::make_optimizer(same, bag_numbers), {.bag = 7,
                                                                                       .classes = 10,
                                                                                       .instance_weight = one.instance_weight,
                                                                                       .warm_up = 2,
                                                                                       .weak = one.weak,
                                                                                       .strong = one.strong,
                                                                                       .seed = Rng{6}.fork(202).next()});
        for (const int epoch : {0, 1, 2, 3})
            for (const data::Batch& batch : learning.data.batches(14, epoch, 5)) {
                INFO("epoch " << epoch);
                CHECK(learning.procedure->step(model, batch, epoch) == by_hand->step(same, batch, epoch));
            }
        CHECK(model.get<nn::Linear>(1).weight.to_vector() == same.get<nn::Linear>(1).weight.to_vector());
    }
    nn::Sequential model = linear_model(16, 10, 3), same = nn::clone(model);
    const apps::Learning learning = bag_learning(*proportions, "cross_entropy+full", model);
    const auto by_hand = apps::make_descent(apps::batch_loss("cross_entropy"), apps::make_optimizer(same, bag_numbers));
    for (const data::Batch& batch : learning.data.batches(14, 0, 0)) CHECK(learning.procedure->step(model, batch, 0) == by_hand->step(same, batch, 0));
}

TEST_CASE("a bag is shown with the counts of its classes, and at most sixteen of its images") {
    const TinyFashion data{labels_in_turn(100, 4), labels_in_turn(20)};
    const nn::Sequential model = linear_model(16, 10, 1);
    for (const std::size_t bag : {std::size_t{5}, std::size_t{16}, std::size_t{30}}) {
        INFO("bag " << bag);
        const auto proportions = task("label-proportions", data.options({{"bag", text(bag)}}));
        const std::vector<apps::ExampleImage> shown = proportions->examples(3);
        REQUIRE(shown.size() == std::min<std::size_t>(bag, 16));
        // One of the bags of that seed, whose images come first.
        int found = 0;
        const auto uri = [](std::int64_t example) {
            std::vector<double> bytes;
            for (std::int64_t place = 0; place < 16; ++place) bytes.push_back(TinyFashion::pixel(example, place));
            return apps::png_data_uri(tensor(bytes, {1, 4, 4}, DType::u8));
        };
        const apps::Learning learning = proportions->learning(method("ahil", "label-proportions"), model, bag_numbers, 3);
        for (const std::set<std::int64_t>& one : bags_of(epoch_of(learning.data, static_cast<std::int64_t>(bag), 0), bag)) {
            std::set<std::string> images;
            std::vector<int> counts(4, 0);
            for (const std::int64_t example : one) {
                images.insert(uri(example));
                ++counts[static_cast<std::size_t>(example % 4)];
            }
            if (!std::all_of(shown.begin(), shown.end(), [&](const apps::ExampleImage& image) { return images.count(image.data_uri) == 1; })) continue;
            ++found;
            std::vector<std::string> known;
            for (std::size_t c = 0; c < 4; ++c)
                if (counts[c] > 0) known.push_back(text(counts[c], " of ", bag, ": ", data::fashion_mnist_classes()[c]));
            CHECK(shown[0].observed == known);
        }
        CHECK(found == 1);
        for (std::size_t i = 1; i < shown.size(); ++i) CHECK(shown[i].observed.empty());
    }
    CHECK(task("label-proportions", data.options({{"bag", "5"}}))->examples(3) != task("label-proportions", data.options({{"bag", "5"}}))->examples(4));
}

TEST_CASE("bags are judged by accuracy") {
    const TinyFashion data{labels_in_turn(98), labels_in_turn(30)};
    nn::Sequential model = linear_model(16, 10, 3);
    const auto logits = linear_logits(model, tiny_pixels(30));
    double right = 0;
    for (std::size_t i = 0; i < 30; ++i) right += first_largest(logits[i]) == data.test()[i] ? 1 : 0;
    REQUIRE(right > 0);
    const auto proportions = task("label-proportions", data.options());
    const apps::Evaluation evaluation = proportions->evaluate(method("ahil", "label-proportions"), model, {});
    CHECK(names_of(evaluation.metrics) == std::vector<std::string>{"accuracy"});
    check_percents(values_of(evaluation.metrics), {100 * right / 30});
    check_percents(evaluation.per_class, class_accuracies(logits, data.test()));
    CHECK(proportions->class_names() == data::fashion_mnist_classes());
}

TEST_CASE("what label-proportions takes unless told otherwise") {
    const TinyFashion data{labels_in_turn(20100), labels_in_turn(10)};
    CHECK(in_words(apps::find_task("label-proportions").info) == "--bag 64, --warm-up 0.25, cross_entropy+full proportion+plain ahil+plain proportion ahil ");
    CHECK_THAT(in_words(task("label-proportions", data.options())->describe()),
               Catch::Matchers::Contains("training examples 19968, test examples 10, classes 10, bag 64, bags 312, warm-up 0.25"));
    const TinyFashion few{labels_in_turn(400), labels_in_turn(10)};
    for (const auto& [bag, batch] :
         std::map<std::string, std::string>{{"64", "128"}, {"16", "128"}, {"7", "126"}, {"100", "100"}, {"128", "128"}, {"200", "200"}, {"1", "128"}})
        for (const auto& [loss, rate] : std::map<std::string, std::string>{
                 {"cross_entropy+full", "0.1"}, {"proportion", "0.03"}, {"proportion+plain", "0.03"}, {"ahil", "0.03"}, {"ahil+plain", "0.03"}}) {
            INFO(bag << " " << loss);
            CHECK(in_words(apps::describe(task("label-proportions", few.options({{"bag", bag}}))->defaults(method(loss, "label-proportions")))) ==
                  text("epochs 7, batch ", batch, ", lr ", rate, ", optimizer nesterov, schedule cosine, weight-decay 5e-04, ema 0.99"));
        }
    apps::TrainingOptions uneven = few.options({{"bag", "20"}});
    uneven.batch = 50;
    CHECK_THROWS_WITH(task("label-proportions", uneven), "[label-proportions] expected --batch to be whole bags of 20, got 50");
    uneven.batch = 60;
    CHECK_NOTHROW(task("label-proportions", uneven));
}
