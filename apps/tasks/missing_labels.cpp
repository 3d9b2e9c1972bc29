// Multi-label training where some positive labels are not observed, after Zhang et al. 2021 (arXiv 2112.07368): labels are dropped from
// the training set alone, and the model that training ends with is judged on test images with all of their labels.
#include <knoll/apps/procedures/descent.h>
#include <knoll/apps/report/image.h>
#include <knoll/apps/tasks/tasks.h>
#include <knoll/apps/terminal/table.h>
#include <knoll/apps/training/data_source.h>
#include <knoll/apps/training/models.h>
#include <knoll/apps/training/task.h>
#include <knoll/core/autograd.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/text.h>
#include <knoll/data/metrics/multi_label.h>
#include <knoll/data/spoil/drop_labels.h>

#include <iterator>

namespace knoll::apps {

namespace {

constexpr std::int64_t shown_examples = 12;

std::vector<double> percent(std::vector<double> shares) {
    for (double& share : shares) share *= 100;
    return shares;
}

// The best of 0.004, 0.008, 0.011 and 0.016 for each loss on scenes held apart from training and test set: docs/results.md.
double learning_rate_with_missing_labels(const Method& method) { return method.loss_name() == "bce" && !method.has("full") ? 0.011 : 0.008; }

class MissingLabels final : public Task {
public:
    explicit MissingLabels(const TrainingOptions& options)
        : options_(options),
          data_(load_multi_label(options)),
          keep_(data::parse_keep(task_option(missing_labels_info(), options, "keep"))),
          model_(model_name(options.model, data_.train)) {
        make_named_model(model_, data_.train);  // an unknown name is better refused now than after loading and checking everything else
    }

    TaskInfo info() const override { return missing_labels_info(); }
    std::string data_name() const override { return data_.name; }

    NamedTexts describe() const override {
        return {{"data", data_.source},
                {"training examples", text(data_.train.count())},
                {options_.validate ? "validation examples" : "test examples", text(data_.test.count())},
                {"classes", text(data_.train.classes())},
                {"labels an example", fixed(data_.train.labels_per_image(), 2)},
                {"keep", to_string(keep_)},
                {"model", model_}};
    }

    Hyperparameters defaults(const Method& method) const override {
        return {.epochs = 4,
                .batch = 32,
                .learning_rate = learning_rate_with_missing_labels(method),
                .optimizer = "adam",
                .schedule = "one-cycle",
                .weight_decay = 1e-4,
                .ema = 0.99};
    }

    nn::Sequential make_model(const Method&) const override { return make_named_model(model_, data_.train); }

    Learning learning(const Method& method, const nn::Sequential& model, const Hyperparameters& hyperparameters, std::uint64_t seed) const override {
        return {training_set(method, seed), make_descent(batch_loss(method.loss), make_optimizer(model, hyperparameters))};
    }

    Evaluation evaluate(const Method&, nn::Sequential& model, const EvaluationRequest& request) const override {
        NoGrad no_grad;
        metrics::MeanAveragePrecision average_precision;
        metrics::MultiLabelF1 f1;
        for (const data::Batch& batch : data::Loader{sample_of(data_.test, request.at_most), {.batch_size = evaluation_batch}}) {
            const Tensor logits = model(batch.images);
            average_precision.update(logits, batch.labels);
            f1.update(logits, batch.labels);
        }
        return {.metrics = {{"mAP", 100 * average_precision.value()}, {"CF1", 100 * f1.per_class()}, {"OF1", 100 * f1.overall()}},
                .per_class = percent(average_precision.class_values())};
    }

    bool is_reference(const Method& method) const override { return method.has("full"); }
    std::string title() const override { return "Missing labels: " + data_.name; }
    std::string introduction() const override {
        return text("Images have ", data_.train.classes(), " possible labels and several of them each, but ", kept_phrase(),
                    " Each loss trains the same network from the same first weights on the same batches, and is judged on images with all of their labels.");
    }
    std::string per_class_label() const override { return "average precision (percent)"; }
    std::vector<std::string> class_names() const override { return label_names(); }

    std::vector<ExampleImage> examples(std::uint64_t seed) const override {
        std::vector<ExampleImage> shown;
        if (!data_.train.has_images()) return shown;
        const data::MultiLabelImages left = observed(seed);
        for (std::int64_t i = 0; i < left.count() && std::ssize(shown) < shown_examples; ++i) {
            ExampleImage example = labelled_example(left, i);
            if (keep_ == data::Keep::full || !example.missing.empty()) shown.push_back(std::move(example));
        }
        return shown;
    }
    std::string examples_introduction() const override {
        return "Training images. Filled: labels that the losses are told of. Dashed: labels that are there and missing from the training set." +
               (data_.train.has_images() ? channels_note(data_.train.channels()) : "");
    }

private:
    TrainingSet training_set(const Method& method, std::uint64_t seed) const {
        const data::MultiLabelImages set = is_reference(method) ? data_.train : observed(seed);
        return {.count = set.count(), .batches = [set, seed](std::int64_t batch_size, std::int64_t epoch, std::int64_t first_batch) {
                    return data::Loader{set, {.batch_size = batch_size, .shuffle = true, .seed = seed, .epoch = epoch, .first_batch = first_batch}};
                }};
    }

    data::MultiLabelImages observed(std::uint64_t seed) const { return data::drop_labels(data_.train, {.keep = keep_, .seed = seed}); }

    ExampleImage labelled_example(const data::MultiLabelImages& left, std::int64_t i) const {
        const std::vector<std::string> names = label_names();
        ExampleImage example{.data_uri = png_data_uri(select(left.images(), 0, i))};
        for (std::int64_t c = 0; c < left.classes(); ++c) {
            if (data_.train.labels().at<std::uint8_t>(i, c) == 0) continue;
            (left.labels().at<std::uint8_t>(i, c) != 0 ? example.observed : example.missing).push_back(names[static_cast<std::size_t>(c)]);
        }
        return example;
    }

    std::string kept_phrase() const {
        switch (keep_) {
            case data::Keep::single:
                return "the training set names only one of them an image; the others read as absent.";
            case data::Keep::forty:
                return "the training set names about 40 percent of them; the others read as absent.";
            case data::Keep::seventy_five:
                return "the training set names about 75 percent of them; the others read as absent.";
            case data::Keep::full:
                break;
        }
        return "here the training set names all of them.";
    }

    std::vector<std::string> label_names() const {
        std::vector<std::string> names = data_.train.class_names();
        for (auto c = static_cast<std::int64_t>(names.size()); c < data_.train.classes(); ++c) names.push_back(text("label ", c));
        return names;
    }

    TrainingOptions options_;
    MultiLabelData data_;
    data::Keep keep_;
    std::string model_;
};

}  // namespace

TaskInfo missing_labels_info() {
    return {.name = "missing-labels",
            .summary = "multi-label; some positive labels of the training set are not observed",
            .targets = losses::TargetKind::binary,
            .options = {{"keep", "single", {"single", "40", "75", "full"}, "how many positive labels stay: single, 40, 75 or full"}},
            .modifiers = {{"full", "the loss on all labels, as a mark to reach"}},
            .procedures = {},
            .methods = {"bce+full", "bce", "focal", "asl", "hill", "splc"}};
}

std::unique_ptr<Task> make_missing_labels(const TrainingOptions& options) { return std::make_unique<MissingLabels>(options); }

}  // namespace knoll::apps
