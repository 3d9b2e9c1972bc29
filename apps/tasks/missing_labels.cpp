// Multi-label training where some positive labels are not observed, after Zhang et al. 2021 (arXiv 2112.07368): labels are dropped from
// the training set alone, and the model that training ends with is judged on test images with all of their labels.
#include <knoll/apps/procedures/descent.h>
#include <knoll/apps/procedures/role.h>
#include <knoll/apps/report/image.h>
#include <knoll/apps/tasks/multi_label.h>
#include <knoll/apps/tasks/tasks.h>
#include <knoll/apps/terminal/table.h>
#include <knoll/apps/training/data_source.h>
#include <knoll/apps/training/models.h>
#include <knoll/apps/training/task.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/index.h>
#include <knoll/core/text.h>
#include <knoll/data/spoil/drop_labels.h>

namespace knoll::apps {

namespace {

constexpr std::int64_t shown_examples = 12;

// The best of 0.004, 0.008, 0.011 and 0.016 for each loss on scenes held apart from training and test set: docs/results.md.
double learning_rate_with_missing_labels(const Method& method) {
    if (method.loss_name() == "bce" && !method.has("full")) return 0.011;
    return method.loss_name() == "wan" || method.loss_name() == "role" ? 0.004 : 0.008;
}

class MissingLabels final : public Task {
public:
    explicit MissingLabels(const TrainingOptions& options)
        : options_(options),
          keep_(data::parse_keep(task_option(missing_labels_info(), options, "keep"))),
          data_(load_multi_label(options)),
          model_(model_name(options.model, data_.train)) {
        make_named_model(model_, data_.train);  // one that does not fit the data is better refused now than by the first run
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
        const ObservedLabels labels = labels_of(method, seed);
        return {shuffled(labels.observed, seed), make_procedure(method, model, hyperparameters, labels, seed)};
    }

    Evaluation evaluate(const Method& method, nn::Sequential& model, const EvaluationRequest& request) const override {
        const MultiLabelScores scores = judge_labels(model, sample_of(data_.test, request.at_most));
        Evaluation evaluation{.metrics = {{"mAP", scores.average_precision}, {"CF1", scores.class_f1}, {"OF1", scores.overall_f1}},
                              .per_class = scores.per_class,
                              .note = scores.note};
        if (request.is_final && keep_ != data::Keep::full && !is_reference(method))
            evaluation.galleries =
                found_labels("Labels that the model finds on its own training images",
                             "Filled: observed. Dashed: missing. Found: not observed, and given a probability above one half; a question mark "
                             "where there is no such label.",
                             labels_of(method, request.seed), found_by(model, 0.5));
        return evaluation;
    }

    bool is_reference(const Method& method) const override { return method.has("full"); }
    std::string title() const override { return "Missing labels: " + data_.name; }
    std::string introduction() const override {
        return text("Images have ", data_.train.classes(), " possible labels and several of them each, but ", kept_phrase(),
                    " Each loss trains the same network from the same first weights on the same batches, and is judged on images with all of their labels.");
    }
    std::string per_class_label() const override { return "average precision (percent)"; }
    std::vector<std::string> class_names() const override { return label_names(data_.train); }

    std::vector<ExampleImage> examples(std::uint64_t seed) const override { return images_with_missing_labels({data_.train, observed(seed)}, shown_examples); }
    std::string examples_introduction() const override {
        return "Training images. Filled: labels that the losses are told of. Dashed: labels that are there and missing from the training set." +
               (data_.train.has_images() ? channels_note(data_.train.channels()) : "");
    }

private:
    std::unique_ptr<Procedure> make_procedure(const Method& method, const nn::Sequential& model, const Hyperparameters& hyperparameters,
                                              const ObservedLabels& labels, std::uint64_t seed) const {
        std::unique_ptr<nn::Optimizer> optimizer = make_optimizer(model, hyperparameters);
        if (method.loss != "role") return make_descent(batch_loss(method.loss, hyperparameters.epochs), std::move(optimizer));
        const auto show_estimates = [labels](const Tensor& estimates) {
            return found_labels("Labels that the estimates have found", "Found: not observed, and estimated to be there with a probability above one half.",
                                labels, [&](const Tensor&, const Tensor& indices) { return index_select(estimates, 0, indices) > 0.0; });
        };
        return make_role(labels.observed.labels(), data_.train.labels_per_image(), std::move(optimizer), seed, show_estimates);
    }

    ObservedLabels labels_of(const Method& method, std::uint64_t seed) const { return {data_.train, is_reference(method) ? data_.train : observed(seed)}; }

    data::MultiLabelImages observed(std::uint64_t seed) const { return data::drop_labels(data_.train, {.keep = keep_, .seed = seed}); }

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

    TrainingOptions options_;
    data::Keep keep_;
    MultiLabelData data_;
    std::string model_;
};

}  // namespace

TaskInfo missing_labels_info() {
    return {.name = "missing-labels",
            .summary = "multi-label; some positive labels of the training set are not observed. Beside the losses: role, estimated labels",
            .targets = losses::TargetKind::binary,
            .options = {{"keep", "single", {"single", "40", "75", "full"}, "how many positive labels stay: single, 40, 75 or full"}},
            .modifiers = {{"full", "the loss on all labels, as a mark to reach"}},
            .procedures = {"role"},
            .methods = {"bce+full", "bce", "wan", "bce_ls", "epr:k=2.3", "role", "gr", "hill", "splc"}};
}

std::unique_ptr<Task> make_missing_labels(const TrainingOptions& options) { return std::make_unique<MissingLabels>(options); }

}  // namespace knoll::apps
