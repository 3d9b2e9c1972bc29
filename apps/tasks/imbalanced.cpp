// Single-label training where some classes have few examples, by the rule of LDAM (Cao et al. 2019, arXiv 1906.07413); the test set
// stays balanced.
#include <knoll/apps/procedures/descent.h>
#include <knoll/apps/report/image.h>
#include <knoll/apps/tasks/single_label.h>
#include <knoll/apps/tasks/task_numbers.h>
#include <knoll/apps/tasks/tasks.h>
#include <knoll/apps/training/models.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/text.h>
#include <knoll/data/spoil/imbalance.h>
#include <knoll/losses/class_weights.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace knoll::apps {

namespace {

// The classes with the fewest training examples, a third of them; of equal ones the later.
std::vector<std::size_t> minority_classes(const std::vector<std::int64_t>& counts) {
    std::vector<std::size_t> order(counts.size());
    std::iota(order.rbegin(), order.rend(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return counts[a] < counts[b]; });
    order.resize(std::max<std::size_t>(counts.size() / 3, 1));
    return order;
}

// The best of 0.05, 0.1, 0.2 and 0.4 for each loss on examples held apart from training and test set: docs/results.md. Without batch norm
// some losses, and all with class weights, end at chance from 0.1 on.
double learning_rate_with_imbalance(const Method& method, const std::string& model) {
    if (!has_batch_norm(model)) return 0.05;
    return method.loss_name() == "softmax_focal" || method.loss_name() == "cce" ? 0.4 : 0.2;
}

class Imbalanced final : public Task {
public:
    explicit Imbalanced(const TrainingOptions& options)
        : options_(options),
          profile_(data::parse_profile(task_option(imbalanced_info(), options, "profile"))),
          ratio_(task_number(imbalanced_info(), options, "ratio", 1e-6, 1)),
          data_(load_single_label(options)),
          counts_(imbalanced_set(options.seed).class_counts()),
          model_(model_name(options.model, data_.train)) {
        require_judges();
        make_named_model(model_, data_.train);
    }

    TaskInfo info() const override { return imbalanced_info(); }
    std::string data_name() const override { return data_.name; }

    NamedTexts describe() const override {
        return {{"data", data_.name},
                {"training examples", text(std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0}))},
                {options_.validate ? "validation examples" : "test examples", text(data_.test.count())},
                {"classes", text(data_.train.classes())},
                {"profile", to_string(profile_)},
                {"ratio", text(ratio_)},
                {"model", model_}};
    }

    Hyperparameters defaults(const Method& method) const override {
        return {.epochs = 5,
                .batch = 64,
                .learning_rate = learning_rate_with_imbalance(method, model_),
                .optimizer = "sgd",
                .schedule = "one-cycle",
                .weight_decay = 5e-4,
                .ema = 0};
    }

    nn::Sequential make_model(const Method&) const override { return make_named_model(model_, data_.train); }

    Learning learning(const Method& method, const nn::Sequential& model, const Hyperparameters& hyperparameters, std::uint64_t seed) const override {
        return {training_set(method, seed), make_procedure(method, model, hyperparameters, seed)};
    }

    Evaluation evaluate(const Method&, nn::Sequential& model, const EvaluationRequest& request) const override {
        const metrics::ConfusionMatrix confusion = confusion_on(data_.test, model, request);
        Evaluation evaluation = accuracy_of(confusion, names_of_classes(data_.train));
        evaluation.metrics.push_back({"balanced_accuracy", 100 * confusion.balanced_accuracy()});
        evaluation.metrics.push_back({"minority_accuracy", minority_accuracy(evaluation.per_class)});
        return evaluation;
    }

    std::string title() const override { return "Imbalanced classes: " + data_.name; }
    std::string introduction() const override {
        return text("The most frequent class has ", *std::max_element(counts_.begin(), counts_.end()), " training examples, the rarest ",
                    *std::min_element(counts_.begin(), counts_.end()),
                    "; the test set has equally many of each. Each loss trains the same network from the same first weights on the same batches. "
                    "minority_accuracy is the mean over the third of the classes with the fewest examples.");
    }
    std::string per_class_label() const override { return "accuracy (percent)"; }
    std::vector<std::string> class_names() const override {
        std::vector<std::string> names = names_of_classes(data_.train);
        for (std::size_t c = 0; c < counts_.size(); ++c) names[c] = text(names[c], " (", counts_[c], ")");
        return names;
    }

    std::vector<ExampleImage> examples(std::uint64_t seed) const override {
        std::vector<ExampleImage> shown;
        if (!data_.train.has_images()) return shown;
        const data::LabeledImages set = imbalanced_set(seed);
        const std::vector<std::string> names = class_names();
        for (std::size_t c = 0; c < std::min<std::size_t>(names.size(), 12); ++c)
            for (std::int64_t i = 0; i < set.count(); ++i) {
                if (set.labels().at<std::int64_t>(i) != static_cast<std::int64_t>(c)) continue;
                shown.push_back({.data_uri = png_data_uri(select(set.images(), 0, i)), .observed = {names[c]}});
                break;
            }
        return shown;
    }
    std::string examples_introduction() const override {
        return "One training image of each class, with the number of examples that the class has." +
               (data_.train.has_images() ? channels_note(data_.train.channels()) : "");
    }

private:
    TrainingSet training_set(const Method& method, std::uint64_t seed) const {
        const data::LabeledImages set = imbalanced_set(seed);
        data::Sampler sampler = data::shuffling_sampler(set.count());
        if (method.has("over")) sampler = data::over_sampler(set);
        if (method.has("under")) sampler = data::under_sampler(set);
        return sampled(set, sampler, seed);
    }

    std::unique_ptr<Procedure> make_procedure(const Method& method, const nn::Sequential& model, const Hyperparameters& hyperparameters,
                                              std::uint64_t seed) const {
        if (method.loss == "cot")
            return make_alternation(loss_of(method, "cross_entropy", seed), make_optimizer(model, hyperparameters), complement_objective(),
                                    make_optimizer(model, hyperparameters));
        return make_descent(loss_of(method, method.loss, seed), make_optimizer(model, hyperparameters));
    }

    data::LabeledImages imbalanced_set(std::uint64_t seed) const {
        return data::make_imbalanced(data_.train, {.profile = profile_, .ratio = ratio_, .seed = seed});
    }

    // Like the balanced accuracy, the mean of those classes that have examples to be judged on.
    double minority_accuracy(const std::vector<double>& per_class) const {
        std::vector<double> present;
        for (const std::size_t c : minority_classes(counts_))
            if (!std::isnan(per_class[c])) present.push_back(per_class[c]);
        return present.empty() ? std::numeric_limits<double>::quiet_NaN() : mean_std(present).mean;
    }

    void require_judges() const {
        const std::vector<std::int64_t> judges = data_.test.class_counts();
        const std::vector<std::size_t> few = minority_classes(counts_);
        require<ValueError>(std::any_of(few.begin(), few.end(), [&](std::size_t c) { return judges[c] > 0; }),
                            "[imbalanced] expected test examples of the classes with few training examples, got none among ", data_.test.count(),
                            "; take a larger --test-size");
    }

    BatchLoss loss_of(const Method& method, const std::string& loss, std::uint64_t seed) const {
        if (method.has("inverse")) return weighted_loss(loss, losses::inverse_frequency(imbalanced_set(seed).class_counts()));
        if (method.has("effective")) return weighted_loss(loss, losses::effective_number(imbalanced_set(seed).class_counts()));
        return batch_loss(loss);
    }

    TrainingOptions options_;
    data::Profile profile_;
    double ratio_;
    SingleLabelData data_;
    std::vector<std::int64_t> counts_;
    std::string model_;
};

}  // namespace

TaskInfo imbalanced_info() {
    return {.name = "imbalanced",
            .summary = "single label; some classes have few examples. Beside the losses: cot, complement objective training",
            .targets = losses::TargetKind::class_index,
            .options = {{"profile", "long-tailed", {"long-tailed", "step"}, "how class sizes fall: long-tailed or step"},
                        {"ratio", "0.01", {}, "N_min/N_max, the smallest class to the largest"}},
            .modifiers = {{"inverse", "examples weighted by the inverse frequency of their class", "weights"},
                          {"effective", "examples weighted by the effective number of their class (Cui et al. 2019)", "weights"},
                          {"over", "classes drawn equally often, with replacement", "sampling"},
                          {"under", "as many examples of each class as the rarest has", "sampling"}},
            .procedures = {"cot"},
            .methods = {"cross_entropy", "softmax_focal", "cot", "cce"}};
}

std::unique_ptr<Task> make_imbalanced_task(const TrainingOptions& options) { return std::make_unique<Imbalanced>(options); }

}  // namespace knoll::apps
