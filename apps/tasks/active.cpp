// Active learning: labels cost money, and a strategy says which to buy. Every strategy starts from the same labels, buys as many in each
// round, and trains the same network on what it has; what is compared is accuracy against labels bought.
#include <knoll/apps/procedures/active_learning.h>
#include <knoll/apps/report/image.h>
#include <knoll/apps/tasks/single_label.h>
#include <knoll/apps/tasks/task_numbers.h>
#include <knoll/apps/tasks/tasks.h>
#include <knoll/apps/training/models.h>
#include <knoll/core/text.h>

#include <algorithm>

namespace knoll::apps {

namespace {

constexpr std::int64_t judged_after_a_round = 2000;

std::int64_t active_number(const TrainingOptions& options, const std::string& name) { return task_whole_number(active_info(), options, name, 1, 1000000000); }

// The examples with a label, again and again in random order, until a round has its draws.
data::Sampler repeating_sampler(std::int64_t count, std::int64_t draws) {
    return {draws, [count, draws](Rng rng) {
                std::vector<std::int64_t> order;
                for (std::uint64_t pass = 0; std::ssize(order) < draws; ++pass) {
                    const std::vector<std::int64_t> next = data::random_order(count, rng.fork(pass));
                    order.insert(order.end(), next.begin(), next.end());
                }
                order.resize(static_cast<std::size_t>(draws));
                return order;
            }};
}

class Active final : public Task {
public:
    explicit Active(const TrainingOptions& options)
        : options_(options),
          plan_{.initial = active_number(options, "initial"),
                .budget = active_number(options, "budget"),
                .rounds = options.epochs.value_or(static_cast<int>(active_number(options, "rounds"))),
                .candidates = active_number(options, "candidates")},
          draws_(active_number(options, "draws")),
          data_(load_after_checks()),
          model_(options.model.value_or(data_.train.has_images() ? "lenet5" : "mlp")) {
        require<ValueError>(plan_.budget <= data_.train.count(), "[active] expected a --budget of at most the ", data_.train.count(),
                            " training examples, got ", plan_.budget);
        make_named_model(model_, data_.train);
    }

    TaskInfo info() const override { return active_info(); }
    std::string data_name() const override { return data_.name; }

    NamedTexts describe() const override {
        return {{"data", data_.name},
                {"training examples", text(data_.train.count())},
                {options_.validate ? "validation examples" : "test examples", text(data_.test.count())},
                {"labels bought first", text(plan_.initial)},
                {"labels bought in all", text(plan_.budget)},
                {"rounds", text(plan_.rounds)},
                {"candidates", text(plan_.candidates)},
                {"draws a round", text(draws_)},
                {"model", model_}};
    }

    // The rate is chosen on examples held apart from training and test set: docs/results.md.
    Hyperparameters defaults(const Method&) const override {
        return {.epochs = plan_.rounds, .batch = 32, .learning_rate = 8e-3, .optimizer = "adam", .schedule = "one-cycle", .weight_decay = 1e-4, .ema = 0};
    }

    nn::Sequential make_model(const Method&) const override { return make_named_model(model_, data_.train); }

    Learning learning(const Method& method, const nn::Sequential& model, const Hyperparameters& hyperparameters, std::uint64_t seed) const override {
        const std::vector<std::string>& names = strategy_names();
        require<ValueError>(std::find(names.begin(), names.end(), method.loss) != names.end(),
                            "[active] expected a strategy (random, entropy, margin, coreset, ldm), got ", method.text, "; cross entropy trains them all");
        const auto purchases = std::make_shared<Purchases>(data_.train, plan_, seed);
        const std::int64_t draws = draws_;
        TrainingSet set{.count = draws,
                        .batches =
                            [purchases, seed, draws](std::int64_t batch_size, std::int64_t epoch, std::int64_t first_batch) {
                                const data::LabeledImages labelled = purchases->labelled();
                                return data::Loader{labelled,
                                                    {.batch_size = batch_size,
                                                     .seed = seed,
                                                     .epoch = epoch,
                                                     .first_batch = first_batch,
                                                     .sampler = repeating_sampler(labelled.count(), draws)}};
                            },
                        .restarts = true};
        return {std::move(set), make_active_learning(method.loss, purchases, model, hyperparameters, seed)};
    }

    Evaluation evaluate(const Method&, nn::Sequential& model, const EvaluationRequest& request) const override {
        return accuracy_on(data_.test, model, request);
    }

    std::vector<Metric> metrics_of_run(const std::vector<EpochRecord>& records) const override {
        std::vector<double> accuracies;
        accuracies.reserve(records.size());
        for (const EpochRecord& record : records) accuracies.push_back(record.metrics.front().value);
        return {{"mean_accuracy", mean_std(accuracies).mean}};
    }
    std::int64_t curve_examples() const override { return judged_after_a_round; }

    std::string title() const override { return "Active learning: " + data_.name; }
    std::string introduction() const override {
        return text("Of ", data_.train.count(), " training examples the labels of ", plan_.initial, " are bought at random, and then more in ",
                    plan_.rounds - 1, " further rounds, up to ", plan_.budget, ". Each strategy chooses what it buys among ", plan_.candidates,
                    " candidates, and then trains the same network afresh with cross entropy on all it has bought. accuracy is that after the last round, "
                    "mean_accuracy the mean over rounds: the area under the learning curve.");
    }
    std::string progress_label() const override { return "labels bought"; }
    double progress(int epoch) const override { return static_cast<double>(plan_.bought(epoch - 1)); }

    std::string per_class_label() const override { return "accuracy (percent)"; }
    std::vector<std::string> class_names() const override { return names_of_classes(data_.train); }

private:
    SingleLabelData load_after_checks() const {
        require<ValueError>(plan_.initial <= plan_.budget, "[active] expected --initial of at most --budget, ", plan_.budget, ", got ", plan_.initial);
        require<ValueError>(!options_.ema || *options_.ema == 0, "[active] expected no --ema, since every round starts afresh, got ", options_.ema.value_or(0));
        return load_single_label(options_);
    }

    TrainingOptions options_;
    BuyingPlan plan_;
    std::int64_t draws_;
    SingleLabelData data_;
    std::string model_;
};

}  // namespace

TaskInfo active_info() {
    return {.name = "active",
            .summary = "single label; a strategy says which labels to buy. An epoch is a round, which starts afresh with more labels",
            .targets = losses::TargetKind::class_index,
            .options = {{"budget", "600", {}, "labels bought in all"},
                        {"initial", "100", {}, "labels bought at random before the first round"},
                        {"rounds", "6", {}, "how often a model is trained; labels are bought before each"},
                        {"candidates", "2000", {}, "examples without a label that a strategy looks at before a round"},
                        {"draws", "6400", {}, "labelled examples drawn in a round, again and again"}},
            .modifiers = {},
            .procedures = strategy_names(),
            .methods = strategy_names()};
}

std::unique_ptr<Task> make_active_task(const TrainingOptions& options) { return std::make_unique<Active>(options); }

}  // namespace knoll::apps
