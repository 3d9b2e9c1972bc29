// Single-label training where a share of the labels is wrong. A few examples are known to have the right ones: every method trains on
// them, and learning to bootstrap knows which they are.
#include <knoll/apps/procedures/descent.h>
#include <knoll/apps/procedures/l2b.h>
#include <knoll/apps/report/image.h>
#include <knoll/apps/tasks/single_label.h>
#include <knoll/apps/tasks/task_numbers.h>
#include <knoll/apps/tasks/tasks.h>
#include <knoll/apps/training/models.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/text.h>
#include <knoll/data/spoil/label_noise.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

namespace knoll::apps {

namespace {

constexpr std::int64_t noisy_training_examples = 8000;
constexpr std::int64_t most_noisy_examples = 1000000000;  // before the data are known

// The streams of a run's seed that this task draws from.
enum NoisyStream : std::uint64_t { clean_choice_stream = 101, wrong_label_stream, clean_batch_stream };

std::uint64_t stream_seed(std::uint64_t seed, NoisyStream stream) { return Rng{seed}.fork(stream).next(); }

// All training examples as a run sees them: those with clean labels first.
struct NoisySet {
    data::LabeledImages clean;  // the first of `all`
    data::LabeledImages all;
    Tensor truth;  // i64: the labels of `all` before any went wrong
};

data::LabeledImages joined(const data::LabeledImages& first, const data::LabeledImages& second) {
    return {concat({first.images(), second.images()}), concat({first.labels(), second.labels()}), first.classes(), first.class_names()};
}

std::int64_t clean_of(const TrainingOptions& options, std::int64_t examples) { return task_whole_number(noisy_labels_info(), options, "clean", 2, examples); }

class NoisyLabels final : public Task {
public:
    explicit NoisyLabels(const TrainingOptions& options)
        : options_(options),
          noise_(task_option(noisy_labels_info(), options, "noise")),
          rate_(task_number(noisy_labels_info(), options, "rate", 0, 1)),
          clean_(clean_of(options, most_noisy_examples)),
          data_(load_at_most(options, noisy_training_examples)),
          model_(model_name(options.model, data_.train)) {
        clean_of(options, data_.train.count());
        make_named_model(model_, data_.train);
    }

    TaskInfo info() const override { return noisy_labels_info(); }
    std::string data_name() const override { return data_.name; }
    NamedTexts describe() const override {
        return {{"data", data_.name},
                {"training examples", text(data_.train.count())},
                {options_.validate ? "validation examples" : "test examples", text(data_.test.count())},
                {"classes", text(data_.train.classes())},
                {"noise", noise_},
                {"rate", text(rate_)},
                {"clean", text(clean_)},
                {"model", model_}};
    }
    Hyperparameters defaults(const Method& method) const override {
        return {
            .epochs = 10, .batch = 128, .learning_rate = learning_rate_for(method), .optimizer = "sgd", .schedule = "cosine", .weight_decay = 5e-4, .ema = 0};
    }

    nn::Sequential make_model(const Method&) const override { return make_named_model(model_, data_.train); }

    Learning learning(const Method& method, const nn::Sequential& model, const Hyperparameters& hyperparameters, std::uint64_t seed) const override {
        const NoisySet set = noisy_set(seed);
        TrainingSet training = shuffled(set.all, seed);
        auto optimizer = make_optimizer(model, hyperparameters);
        if (method.loss != "l2b") return {std::move(training), make_descent(batch_loss(method.loss), std::move(optimizer))};
        return {std::move(training),
                make_l2b(set.clean, std::move(optimizer), {.seed = stream_seed(seed, clean_batch_stream)}, {.noisy = set.all, .labels = set.truth})};
    }

    Evaluation evaluate(const Method&, nn::Sequential& model, const EvaluationRequest& request) const override {
        return accuracy_on(data_.test, model, request);
    }

    std::string title() const override { return "Wrong labels: " + data_.name; }
    std::string introduction() const override {
        return text("Of the ", data_.train.count(), " training examples ", clean_,
                    " are known to have the right label; of the others a label is wrong with probability ", rate_,
                    noise_ == "pair" ? ": the next class instead of the true one" : ": any other class, all equally likely",
                    ". All methods train on all of them; l2b knows which ones can be trusted. The test labels are right.");
    }
    std::string per_class_label() const override { return "accuracy (percent)"; }
    std::vector<std::string> class_names() const override { return names_of_classes(data_.train); }
    std::vector<ExampleImage> examples(std::uint64_t seed) const override {
        std::vector<ExampleImage> shown;
        if (!data_.train.has_images()) return shown;
        const NoisySet set = noisy_set(seed);
        const std::vector<std::string> names = class_names();
        for (std::int64_t i = clean_; i < set.all.count() && shown.size() < 12; ++i) {
            const auto given = static_cast<std::size_t>(set.all.labels().at<std::int64_t>(i)), right = static_cast<std::size_t>(set.truth.at<std::int64_t>(i));
            ExampleImage image{.data_uri = png_data_uri(select(set.all.images(), 0, i)), .observed = {names[given]}};
            if (given != right) image.missing = {names[right]};
            shown.push_back(std::move(image));
        }
        return shown;
    }
    std::string examples_introduction() const override {
        return "Training images with the label that the methods see, and, where that is wrong, the true one." +
               (data_.train.has_images() ? channels_note(data_.train.channels()) : "");
    }

private:
    NoisySet noisy_set(std::uint64_t seed) const {
        const auto parts = data::random_split(data_.train, clean_, stream_seed(seed, clean_choice_stream));
        const data::LabeledImages noisy = parts.second.count() == 0
                                              ? parts.second
                                              : data::add_label_noise(parts.second, {.noise = noise_ == "pair" ? data::Noise::pairwise : data::Noise::symmetric,
                                                                                     .rate = rate_,
                                                                                     .seed = stream_seed(seed, wrong_label_stream)});
        return {parts.first, joined(parts.first, noisy), concat({parts.first.labels(), parts.second.labels()})};
    }

    // The best of 0.05, 0.1 and 0.2 for each method at 20, 40 and 60 percent of wrong labels, on examples held apart from training and test
    // set: docs/results.md.
    double learning_rate_for(const Method& method) const {
        static const std::map<std::string, std::array<double, 3>> tuned{
            {"cross_entropy", {0.2, 0.1, 0.1}}, {"bootstrapping", {0.2, 0.2, 0.1}}, {"sce", {0.05, 0.2, 0.2}}, {"l2b", {0.05, 0.1, 0.05}}};
        const auto rates = tuned.find(method.loss_name());
        const std::size_t nearest = rate_ < 0.3 ? 0 : rate_ < 0.5 ? 1 : 2;
        return rates == tuned.end() ? 0.1 : rates->second[nearest];
    }

    TrainingOptions options_;
    std::string noise_;
    double rate_;
    std::int64_t clean_;
    SingleLabelData data_;
    std::string model_;
};

}  // namespace

TaskInfo noisy_labels_info() {
    return {.name = "noisy-labels",
            .summary = "single label; a share of the labels is wrong. Beside the losses: l2b, learning to bootstrap",
            .targets = losses::TargetKind::class_index,
            .options = {{"noise", "symmetric", {"symmetric", "pair"}, "what a wrong label is: symmetric, any other class; pair, the next one"},
                        {"rate", "0.4", {}, "the share of wrong labels"},
                        {"clean", "500", {}, "examples that are known to have the right label"}},
            .modifiers = {},
            .procedures = {"l2b"},
            .methods = {"cross_entropy", "cross_entropy:smoothing=0.1", "bootstrapping", "sce", "l2b"}};
}

std::unique_ptr<Task> make_noisy_labels(const TrainingOptions& options) { return std::make_unique<NoisyLabels>(options); }

}  // namespace knoll::apps
