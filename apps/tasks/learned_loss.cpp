// Learning the loss itself: a small network is evolved until classifiers trained with it on a few images do well, and is then judged on
// classes and images that it has never been evolved on.
#include <knoll/apps/plots/learned_loss_curve.h>
#include <knoll/apps/procedures/batch_loss.h>
#include <knoll/apps/procedures/loss_evolution.h>
#include <knoll/apps/tasks/single_label.h>
#include <knoll/apps/tasks/task_numbers.h>
#include <knoll/apps/tasks/tasks.h>
#include <knoll/core/parallel.h>
#include <knoll/core/text.h>
#include <knoll/nn/parameter_vector.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace knoll::apps {

namespace {

constexpr std::int64_t shots = 5;
constexpr std::int64_t queries = 25;
constexpr std::int64_t most_ways = 4;
constexpr std::int64_t generations_per_epoch = 100;
constexpr std::int64_t judging_tasks = 200;  // of either kind
constexpr std::int64_t judging_tasks_midway = 50;
constexpr std::uint64_t judging_seed = 31;  // the same tasks for every loss and every seed
constexpr std::int64_t loss_units = 16;

// The first half of the classes is evolved on, the second half held back.
std::vector<std::int64_t> half_of_classes(std::int64_t classes, bool held_back) {
    std::vector<std::int64_t> chosen;
    for (std::int64_t c = held_back ? classes / 2 : 0; c < (held_back ? classes : classes / 2); ++c) chosen.push_back(c);
    return chosen;
}

// The best for each loss on held-out images of the classes that are evolved on: docs/results.md.
double tuned_inner_rate(const std::string& loss) { return loss == "cross_entropy" ? 0.3 : 0.4; }

class LearnedLossTask final : public Task {
public:
    explicit LearnedLossTask(TrainingOptions options)
        : options_(std::move(options)),
          data_(load_after_checks()),
          ways_(std::min(most_ways, data_.train.classes() / 2)),
          seen_(judging_set(false)),
          unseen_(judging_set(true)) {
        require<ValueError>(ways_ >= 2, "[learned-loss] expected 4 classes or more, half of which are held back, got ", data_.train.classes());
    }

    TaskInfo info() const override { return learned_loss_info(); }
    std::string data_name() const override { return data_.name; }

    NamedTexts describe() const override {
        return {{"data", data_.name},
                {"training examples", text(data_.train.count())},
                {options_.validate ? "validation examples" : "test examples", text(data_.test.count())},
                {"classes of a small task", text(ways_)},
                {"examples of each", text(shots)},
                {"steps on a small task", text(steps())},
                {"inner learning rate", task_option(info(), options_, "inner-lr")},
                {"pairs", text(pairs())},
                {"deviation", text(deviation())}};
    }

    Hyperparameters defaults(const Method&) const override {
        return {.epochs = 8, .batch = episode({}).length(), .learning_rate = 0.05, .optimizer = "adam", .schedule = "cosine", .weight_decay = 0, .ema = 0};
    }

    // A loss that is fixed has nothing to learn.
    nn::Sequential make_model(const Method& method) const override { return method.loss == "mln" ? make_loss_network(loss_units) : nn::Sequential{}; }

    Learning learning(const Method& method, const nn::Sequential& model, const Hyperparameters& hyperparameters, std::uint64_t seed) const override {
        data::EpisodeOptions options = episode(half_of_classes(data_.train.classes(), false));
        require<ValueError>(hyperparameters.batch == options.length(), "[learned-loss] expected a batch to be a small task of ", options.length(),
                            " examples, got --batch ", hyperparameters.batch);
        options.episodes = generations_per_epoch;
        TrainingSet training = sampled(data_.train, data::episode_sampler(data_.train, options), seed);
        const LossEvolution evolution{
            .episode = options, .training = small_training(method), .strategy = {.pairs = static_cast<int>(pairs()), .deviation = deviation(), .seed = seed}};
        if (method.loss == "mln") return {std::move(training), make_loss_evolution(evolution, make_optimizer(model, hyperparameters))};
        return {std::move(training), make_fixed_loss(evolution, fixed_loss(method))};
    }

    Evaluation evaluate(const Method& method, nn::Sequential& model, const EvaluationRequest& request) const override {
        const SmallLoss loss = method.loss == "mln" ? network_loss(model) : fixed_loss(method);
        const std::int64_t tasks = std::clamp<std::int64_t>(request.at_most / (ways_ * queries), 1, judging_tasks);
        const auto percent = [&](const std::vector<SmallTask>& set) { return 100 * mean_accuracy(set, loss, small_training(method), tasks); };
        Evaluation evaluation{.metrics = {{"unseen_accuracy", percent(unseen_)}, {"seen_accuracy", percent(seen_)}}};
        if (request.is_final && method.loss == "mln")
            evaluation.figures.push_back({.svg = line_plot(learned_loss_curve(nn::flatten_parameters(model.parameters()), ways_)),
                                          .caption = "the loss that was evolved, beside the two that people wrote"});
        return evaluation;
    }

    std::int64_t curve_examples() const override { return judging_tasks_midway * ways_ * queries; }

    std::string title() const override { return "A learned loss: " + data_.name; }
    std::string introduction() const override {
        return text("A classifier is trained in ", steps(), " steps on ", shots, " images of each of ", ways_,
                    " classes, and judged on other images of them. mln is a loss that is a small network: it was evolved on such tasks from half of the "
                    "classes. seen_accuracy is the mean over ",
                    judging_tasks, " tasks of those classes, of new images; unseen_accuracy that over as many tasks of the other classes.");
    }

private:
    SingleLabelData load_after_checks() const {
        require<ValueError>(!options_.model, "[learned-loss] expected no --model, since the model is a loss, got ", options_.model.value_or(""));
        static_cast<void>(steps()), static_cast<void>(pairs()), static_cast<void>(deviation()), static_cast<void>(inner_rate(""));
        return load_single_label(options_);
    }

    double inner_rate(const std::string& loss) const {
        const bool automatic = task_option(info(), options_, "inner-lr") == "auto";
        return automatic ? tuned_inner_rate(loss) : task_number(info(), options_, "inner-lr", 1e-6, 1e3);
    }

    data::EpisodeOptions episode(std::vector<std::int64_t> classes) const {
        return {.classes = std::move(classes), .ways = ways_, .shots = shots, .queries = queries};
    }

    std::vector<SmallTask> judging_set(bool held_back) const {
        data::EpisodeOptions options = episode(half_of_classes(data_.test.classes(), held_back));
        options.episodes = judging_tasks;
        std::vector<SmallTask> tasks;
        for (const data::Batch& batch :
             data::Loader{data_.test, {.batch_size = options.length(), .seed = judging_seed, .sampler = data::episode_sampler(data_.test, options)}})
            tasks.push_back(make_small_task(batch, options));
        return tasks;
    }

    static double mean_accuracy(const std::vector<SmallTask>& tasks, const SmallLoss& loss, const SmallTraining& training, std::int64_t count) {
        std::vector<double> accuracies(static_cast<std::size_t>(count));
        parallel_chunks(count, [&](std::int64_t i) {
            const auto at = static_cast<std::size_t>(i);
            accuracies[at] = trained_accuracy(tasks[at], loss, training, Rng{judging_seed}.fork(static_cast<std::uint64_t>(i)));
        });
        return std::accumulate(accuracies.begin(), accuracies.end(), 0.0) / static_cast<double>(count);
    }

    SmallLoss fixed_loss(const Method& method) const {
        if (method.loss == "mse") return probability_mse;
        const BatchLoss loss = batch_loss(method.loss);
        return [loss](const Tensor& logits, const Tensor& labels) { return loss(logits, labels, 0); };
    }

    SmallTraining small_training(const Method& method) const { return {.steps = static_cast<int>(steps()), .learning_rate = inner_rate(method.loss)}; }

    std::int64_t steps() const { return task_whole_number(info(), options_, "steps", 1, 1000000); }
    std::int64_t pairs() const { return task_whole_number(info(), options_, "pairs", 1, 1000000); }
    double deviation() const { return task_number(info(), options_, "deviation", 1e-6, 1e3); }

    TrainingOptions options_;
    SingleLabelData data_;
    std::int64_t ways_;
    std::vector<SmallTask> seen_, unseen_;
};

}  // namespace

TaskInfo learned_loss_info() {
    return {.name = "learned-loss",
            .summary = "single label; few images of few classes, and a loss that is learned for such tasks. An epoch is 100 generations",
            .targets = losses::TargetKind::class_index,
            .options = {{"steps", "20", {}, "steps of gradient descent on a small task"},
                        {"inner-lr", "auto", {}, "learning rate on a small task; auto: as tuned for each loss"},
                        {"pairs", "8", {}, "pairs of variants of the loss in a generation"},
                        {"deviation", "0.1", {}, "of the noise that tells variants apart"}},
            .modifiers = {},
            .procedures = {"mln", "mse"},
            .methods = {"cross_entropy", "mse", "mln"}};
}

std::unique_ptr<Task> make_learned_loss_task(const TrainingOptions& options) { return std::make_unique<LearnedLossTask>(options); }

}  // namespace knoll::apps
