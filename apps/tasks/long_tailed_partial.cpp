// Multi-label training where classes are long-tailed and positive labels are partly missing, after COMIC (arXiv 2304.10539): judged on
// images in which all classes are as frequent, with all of their labels.
#include <knoll/apps/procedures/comic.h>
#include <knoll/apps/procedures/cosine_branches.h>
#include <knoll/apps/procedures/descent.h>
#include <knoll/apps/report/image.h>
#include <knoll/apps/tasks/multi_label.h>
#include <knoll/apps/tasks/task_numbers.h>
#include <knoll/apps/tasks/tasks.h>
#include <knoll/apps/terminal/table.h>
#include <knoll/apps/training/data_source.h>
#include <knoll/apps/training/models.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/text.h>
#include <knoll/data/spoil/drop_labels.h>
#include <knoll/data/spoil/long_tail.h>

#include <algorithm>
#include <limits>

namespace knoll::apps {

namespace {

constexpr std::int64_t comic_features = 128;
constexpr std::int64_t long_tailed_examples = 12;

std::vector<std::int64_t> positives_of(const data::MultiLabelImages& set) {
    std::vector<std::int64_t> counts;
    for (const double count : sum(set.labels(), {0}).to_vector()) counts.push_back(static_cast<std::int64_t>(count));
    return counts;
}

// The best of 0.004, 0.008 and 0.016 for each loss on scenes held apart from training and test set: docs/results.md.
double learning_rate_with_long_tail(const Method& method) { return method.loss_name() == "mfm" ? 0.004 : 0.008; }

class LongTailedPartial final : public Task {
public:
    explicit LongTailedPartial(const TrainingOptions& options)
        : options_(options),
          ratio_(task_number(long_tailed_partial_info(), options, "ratio", 1e-4, 1)),
          drop_(task_number(long_tailed_partial_info(), options, "drop", 0, 1)),
          data_(load_long_tailed_scenes(options, ratio_)),
          counts_(positives_of(data_.train)),
          shots_(data::shots(counts_)),
          model_(model_name(options.model, data_.train)) {
        make_named_model(model_, data_.train);
    }

    TaskInfo info() const override { return long_tailed_partial_info(); }
    std::string data_name() const override { return data_.name; }

    NamedTexts describe() const override {
        return {{"data", data_.source},
                {"training examples", text(data_.train.count())},
                {options_.validate ? "validation examples" : "test examples", text(data_.test.count())},
                {"classes", text(data_.train.classes())},
                {"ratio", text(ratio_)},
                {"many-shot classes", text(classes_with(data::Shot::many), ", in ", data::many_from(counts_), " training images or more")},
                {"medium-shot classes", text(classes_with(data::Shot::medium))},
                {"few-shot classes", text(classes_with(data::Shot::few), ", in fewer than ", data::few_below(counts_))},
                {"labels an example", fixed(data_.train.labels_per_image(), 2)},
                {"drop", text(drop_)},
                {"model", model_}};
    }

    Hyperparameters defaults(const Method& method) const override {
        return {.epochs = 4,
                .batch = 32,
                .learning_rate = learning_rate_with_long_tail(method),
                .optimizer = "adam",
                .schedule = "one-cycle",
                .weight_decay = 1e-4,
                .ema = 0.99};
    }

    nn::Sequential make_model(const Method& method) const override {
        if (method.loss != "comic") return make_named_model(model_, data_.train);
        nn::Sequential model = make_named_model(model_, data_.train, comic_features);
        model.append("branches", CosineBranches{comic_features, data_.train.classes()});
        return model;
    }

    Learning learning(const Method& method, const nn::Sequential& model, const Hyperparameters& hyperparameters, std::uint64_t seed) const override {
        const data::MultiLabelImages set = labels_of(method, seed).observed;
        std::unique_ptr<nn::Optimizer> optimizer = make_optimizer(model, hyperparameters);
        if (method.loss == "comic") return {shuffled(set, seed), make_comic(set.labels(), std::move(optimizer))};
        BatchLoss loss = method.loss == "mfm" ? multi_grained_focal_loss(set.labels()) : batch_loss(method.loss, hyperparameters.epochs);
        return {shuffled(set, seed), make_descent(std::move(loss), std::move(optimizer))};
    }

    Evaluation evaluate(const Method& method, nn::Sequential& model, const EvaluationRequest& request) const override {
        const MultiLabelScores scores = judge_labels(model, sample_of(data_.test, request.at_most));
        Evaluation evaluation{.metrics = {{"mAP", scores.average_precision},
                                          {"many", mean_of(data::Shot::many, scores.per_class)},
                                          {"medium", mean_of(data::Shot::medium, scores.per_class)},
                                          {"few", mean_of(data::Shot::few, scores.per_class)}},
                              .per_class = scores.per_class,
                              .note = scores.note};
        const double threshold = method.loss == "comic" ? 0.7 : 0.5;  // from which on comic corrects a label
        if (request.is_final && drop_ > 0 && !is_reference(method))
            evaluation.galleries = found_labels("Labels that the model finds on its own training images",
                                                text("Filled: observed. Dashed: missing. Found: not observed, and given a probability above ", threshold,
                                                     "; a question mark where there is no such label."),
                                                labels_of(method, request.seed), found_by(model, threshold));
        return evaluation;
    }

    bool is_reference(const Method& method) const override { return method.has("full"); }
    std::string title() const override { return "Long-tailed classes, labels partly missing: " + data_.name; }
    std::string introduction() const override {
        return text(
            "The most frequent of ", counts_.size(), " classes is in ", *std::max_element(counts_.begin(), counts_.end()), " training images, the rarest in ",
            *std::min_element(counts_.begin(), counts_.end()), ", and of each image's labels ", 100 * drop_,
            " percent are missing, but never all: they read as absent. In the test images all classes are as frequent and no label is missing. many, medium "
            "and few are mean average precisions of the classes in ",
            data::many_from(counts_), " training images or more, in fewer than ", data::few_below(counts_), ", and between.");
    }
    std::string per_class_label() const override { return "average precision (percent)"; }
    std::vector<std::string> class_names() const override {
        std::vector<std::string> names = label_names(data_.train);
        for (std::size_t c = 0; c < names.size(); ++c) names[c] += text(" (", counts_[c], ")");
        return names;
    }

    std::vector<ExampleImage> examples(std::uint64_t seed) const override {
        return images_with_missing_labels({data_.train, observed(seed)}, long_tailed_examples);
    }
    std::string examples_introduction() const override {
        return "Training images. Filled: labels that the losses are told of. Dashed: labels that are there and missing from the training set." +
               channels_note(data_.train.channels());
    }

private:
    data::MultiLabelImages observed(std::uint64_t seed) const { return data::drop_labels_at_random(data_.train, {.rate = drop_, .seed = seed}); }
    ObservedLabels labels_of(const Method& method, std::uint64_t seed) const { return {data_.train, is_reference(method) ? data_.train : observed(seed)}; }

    std::int64_t classes_with(data::Shot shot) const { return std::count(shots_.begin(), shots_.end(), shot); }
    // NaN where there are no such classes.
    double mean_of(data::Shot shot, const std::vector<double>& per_class) const {
        double total = 0;
        for (std::size_t c = 0; c < per_class.size(); ++c) total += shots_[c] == shot ? per_class[c] : 0;
        return classes_with(shot) == 0 ? std::numeric_limits<double>::quiet_NaN() : total / static_cast<double>(classes_with(shot));
    }

    TrainingOptions options_;
    double ratio_, drop_;
    MultiLabelData data_;
    std::vector<std::int64_t> counts_;
    std::vector<data::Shot> shots_;
    std::string model_;
};

}  // namespace

TaskInfo long_tailed_partial_info() {
    return {.name = "long-tailed-partial",
            .summary = "multi-label; classes are long-tailed and some positive labels are missing. Beside the losses: comic, and its modifier mfm alone",
            .targets = losses::TargetKind::binary,
            .options = {{"ratio", "0.01", {}, "the rarest class to the most frequent"},
                        {"drop", "0.4", {}, "probability that a positive label is missing; one of each image stays"}},
            .modifiers = {{"full", "the loss on all labels, as a mark to reach"}},
            .procedures = {"comic", "mfm"},
            .methods = {"bce+full", "bce", "focal", "asl", "hill", "splc", "mfm", "comic"}};
}

std::unique_ptr<Task> make_long_tailed_partial(const TrainingOptions& options) { return std::make_unique<LongTailedPartial>(options); }

}  // namespace knoll::apps
