// A model is trained on clean images and meets corrupted ones: it is judged while it adapts to them, without labels.
#include <knoll/apps/procedures/adaptation.h>
#include <knoll/apps/procedures/descent.h>
#include <knoll/apps/report/image.h>
#include <knoll/apps/tasks/single_label.h>
#include <knoll/apps/tasks/task_numbers.h>
#include <knoll/apps/tasks/tasks.h>
#include <knoll/apps/training/models.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/text.h>
#include <knoll/data/spoil/corrupt_images.h>

#include <algorithm>

namespace knoll::apps {

namespace {

constexpr std::int64_t adaptation_training_examples = 20000;

constexpr std::uint64_t stream_order_seed = 7;  // of the test stream: the same in all runs

std::vector<data::Corruption> corruptions_named(const std::string& name) {
    if (name == "all") return data::all_corruptions();
    return {data::parse_corruption(name)};
}

class Adapt final : public Task {
public:
    explicit Adapt(const TrainingOptions& options)
        : options_(options),
          corruption_(task_option(adapt_info(), options, "corruption")),
          severity_(static_cast<int>(task_whole_number(adapt_info(), options, "severity", 1, 5))),
          stream_batch_(task_whole_number(adapt_info(), options, "stream-batch", 2, 100000)),
          adapt_rate_(task_number(adapt_info(), options, "adapt-lr", 0, 1e3)),
          data_(load_at_most(options, adaptation_training_examples)),
          model_(model_name(options.model, data_.train)) {
        require<ValueError>(data_.train.has_images(), "[adapt] expected images, got features of shape ", data_.train.example_shape());
        nn::Sequential net = make_named_model(model_, data_.train);
        Rng rng{0};
        net.initialize(rng);
        for (const std::string& name : adapter_names()) make_adapter(name, net);
    }

    TaskInfo info() const override { return adapt_info(); }
    std::string data_name() const override { return data_.name; }
    NamedTexts describe() const override {
        return {{"data", data_.name},
                {"training examples", text(data_.train.count())},
                {options_.validate ? "validation examples" : "test examples", text(data_.test.count())},
                {"classes", text(data_.train.classes())},
                {"corruption", corruption_},
                {"severity", text(severity_)},
                {"stream-batch", text(stream_batch_)},
                {"adapt-lr", adapt_rate_ > 0 ? text(adapt_rate_) : "each method's own"},
                {"model", model_}};
    }
    Hyperparameters defaults(const Method&) const override {
        return {.epochs = 2, .batch = 64, .learning_rate = 0.1, .optimizer = "sgd", .schedule = "one-cycle", .weight_decay = 5e-4, .ema = 0};
    }

    nn::Sequential make_model(const Method&) const override { return make_named_model(model_, data_.train); }

    Learning learning(const Method& method, const nn::Sequential& model, const Hyperparameters& hyperparameters, std::uint64_t seed) const override {
        const std::string loss = adapter_of(method) == method.loss ? "cross_entropy" : method.loss;
        return {shuffled(data_.train, seed), make_descent(batch_loss(loss), make_optimizer(model, hyperparameters))};
    }

    Evaluation evaluate(const Method& method, nn::Sequential& model, const EvaluationRequest& request) const override {
        const data::LabeledImages clean = sample_of(data_.test, request.at_most);
        Evaluation evaluation{.metrics = {{"accuracy", 0}}};
        metrics::ConfusionMatrix together;
        for (const data::Corruption corruption : corruptions_named(corruption_)) {
            // A model of its own for each corruption; it begins from the source.
            const auto adapter = make_adapter(adapter_of(method), model, adaptation_options(method));
            metrics::ConfusionMatrix confusion;
            const data::LabeledImages set = data::corrupt_images(clean, {.corruption = corruption, .severity = severity_, .seed = stream_order_seed});
            for (const data::Batch& batch : data::Loader{set, {.batch_size = stream_batch_, .shuffle = true, .seed = stream_order_seed}}) {
                if (batch.size() < 2) continue;  // has no statistics
                const Tensor logits = adapter->predict(batch.images);
                confusion.update(logits, batch.labels);
                together.update(logits, batch.labels);
            }
            evaluation.metrics.push_back({data::to_string(corruption), 100 * confusion.accuracy()});
        }
        Evaluation overall = accuracy_of(together, class_names());
        evaluation.metrics.front() = overall.metrics.front();
        evaluation.per_class = std::move(overall.per_class);
        evaluation.note = std::move(overall.note);
        return evaluation;
    }

    std::string title() const override { return "Adapting to corrupted images: " + data_.name; }
    std::string introduction() const override {
        return text("A network is trained on ", data_.train.count(), " clean images, and then sees corrupted ones of severity ", severity_, ", ", stream_batch_,
                    " at a time and without labels. Each batch is predicted once, and may then change the network for those after it. Every corruption begins "
                    "from the trained network anew.");
    }
    std::string per_class_label() const override { return "accuracy (percent)"; }
    std::vector<std::string> class_names() const override { return names_of_classes(data_.train); }
    std::vector<ExampleImage> examples(std::uint64_t) const override {
        const std::vector<std::int64_t> first{0};
        const data::LabeledImages one = data::subset(data_.test, first);
        std::vector<ExampleImage> shown{{.data_uri = png_data_uri(select(one.images(), 0, 0)), .observed = {"clean"}}};
        for (const data::Corruption corruption : data::all_corruptions())
            for (const int severity : {1, 3, 5}) {
                const data::LabeledImages changed = data::corrupt_images(one, {.corruption = corruption, .severity = severity, .seed = stream_order_seed});
                shown.push_back({.data_uri = png_data_uri(select(changed.images(), 0, 0)), .observed = {text(data::to_string(corruption), " ", severity)}});
            }
        return shown;
    }
    std::string examples_introduction() const override {
        return "One image, clean and with each corruption at three severities." + channels_note(data_.train.channels());
    }

private:
    static std::string adapter_of(const Method& method) {
        const auto& names = adapter_names();
        return std::find(names.begin(), names.end(), method.loss) == names.end() ? "none" : method.loss;
    }

    AdaptationOptions adaptation_options(const Method& method) const {
        AdaptationOptions options;
        options.learning_rate = adapt_rate_ > 0 ? adapt_rate_ : learning_rate_for(method);
        return options;
    }

    // Chosen on examples held apart from training and test set: docs/results.md.
    static double learning_rate_for(const Method& method) { return method.loss == "tent" ? 1e-4 : 3e-4; }

    TrainingOptions options_;
    std::string corruption_;
    int severity_;
    std::int64_t stream_batch_;
    double adapt_rate_;
    SingleLabelData data_;
    std::string model_;
};

}  // namespace

TaskInfo adapt_info() {
    return {.name = "adapt",
            .summary = "trained on clean images, judged on a stream of corrupted ones: none, bn_stats, tent and dpl adapt to it without labels",
            .targets = losses::TargetKind::class_index,
            .options = {{"corruption",
                         "all",
                         {"all", "noise", "blur", "contrast", "pixelate", "rotation"},
                         "what happens to the images: all, or one of noise, blur, contrast, pixelate, rotation"},
                        {"severity", "3", {}, "how much of it, from 1 to 5"},
                        {"stream-batch", "100", {}, "images that come at a time"},
                        {"adapt-lr", "0", {}, "learning rate while adapting; 0: each method's own"}},
            .modifiers = {},
            .procedures = adapter_names(),
            .methods = {"none", "bn_stats", "tent", "dpl"}};
}

std::unique_ptr<Task> make_adapt(const TrainingOptions& options) { return std::make_unique<Adapt>(options); }

}  // namespace knoll::apps
