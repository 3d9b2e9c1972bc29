#include <knoll/apps/tasks/multi_label.h>

#include <knoll/apps/report/image.h>
#include <knoll/apps/tasks/one_answer.h>
#include <knoll/apps/training/data_source.h>
#include <knoll/core/autograd.h>
#include <knoll/core/ops/compare.h>
#include <knoll/core/ops/reduce.h>
#include <knoll/core/ops/shape.h>
#include <knoll/core/text.h>
#include <knoll/data/metrics/multi_label.h>

#include <cmath>

namespace knoll::apps {

namespace {

constexpr std::int64_t images_in_gallery = 8;

bool is_label(const data::MultiLabelImages& set, std::int64_t image, std::int64_t label) { return set.labels().at<std::uint8_t>(image, label) != 0; }

bool misses_labels(const ObservedLabels& labels, std::int64_t image) {
    for (std::int64_t c = 0; c < labels.all.classes(); ++c)
        if (is_label(labels.all, image, c) && !is_label(labels.observed, image, c)) return true;
    return false;
}

std::vector<std::int64_t> indices_to_show(const ObservedLabels& labels, std::int64_t count) {
    std::vector<std::int64_t> missing, any;
    for (std::int64_t i = 0; i < labels.all.count() && static_cast<std::int64_t>(missing.size()) < count; ++i) {
        if (static_cast<std::int64_t>(any.size()) < count) any.push_back(i);
        if (misses_labels(labels, i)) missing.push_back(i);
    }
    return missing.empty() ? any : missing;
}

ExampleImage labelled_image(const ObservedLabels& labels, std::int64_t image, const std::vector<std::string>& names) {
    ExampleImage example{.data_uri = png_data_uri(select(labels.all.images(), 0, image))};
    for (std::int64_t c = 0; c < labels.all.classes(); ++c) {
        if (!is_label(labels.all, image, c)) continue;
        (is_label(labels.observed, image, c) ? example.observed : example.missing).push_back(names[static_cast<std::size_t>(c)]);
    }
    return example;
}

// How many elements are not 0.
std::int64_t count_of(const Tensor& marks) { return static_cast<std::int64_t>(sum(marks.to(DType::f64)).item()); }

}  // namespace

std::vector<std::string> label_names(const data::MultiLabelImages& set) {
    std::vector<std::string> names = set.class_names();
    for (auto c = static_cast<std::int64_t>(names.size()); c < set.classes(); ++c) names.push_back(text("label ", c));
    return names;
}

TrainingSet shuffled(const data::MultiLabelImages& set, std::uint64_t seed) {
    return {.count = set.count(), .batches = [set, seed](std::int64_t batch_size, std::int64_t epoch, std::int64_t first_batch) {
                return data::Loader{set, {.batch_size = batch_size, .shuffle = true, .seed = seed, .epoch = epoch, .first_batch = first_batch}};
            }};
}

MultiLabelScores judge_labels(nn::Sequential& model, const data::MultiLabelImages& set) {
    const NoGrad no_grad;
    metrics::MeanAveragePrecision average_precision;
    metrics::MultiLabelF1 f1;
    LabelCounts counts;
    for (const data::Batch& batch : data::Loader{set, {.batch_size = evaluation_batch}}) {
        const Tensor logits = model(batch.images);
        average_precision.update(logits, batch.labels);
        f1.update(logits, batch.labels);
        counts.possible += logits.numel();
        counts.present += count_of(batch.labels);
        counts.predicted += count_of(logits > 0.0);
    }
    MultiLabelScores scores{.average_precision = 100 * average_precision.value(),
                            .class_f1 = 100 * f1.per_class(),
                            .overall_f1 = 100 * f1.overall(),
                            .per_class = average_precision.class_values(),
                            .note = note_of_same_labels(counts)};
    for (double& share : scores.per_class) share *= 100;
    return scores;
}

std::vector<ExampleImage> images_with_missing_labels(const ObservedLabels& labels, std::int64_t count) {
    std::vector<ExampleImage> shown;
    if (!labels.all.has_images()) return shown;
    const std::vector<std::string> names = label_names(labels.all);
    for (const std::int64_t i : indices_to_show(labels, count)) shown.push_back(labelled_image(labels, i, names));
    return shown;
}

std::vector<Gallery> found_labels(const std::string& title, const std::string& introduction, const ObservedLabels& labels, const LabelFinder& found) {
    const std::vector<std::int64_t> shown = indices_to_show(labels, images_in_gallery);
    if (!labels.all.has_images() || shown.empty()) return {};
    const std::vector<std::string> names = label_names(labels.all);
    GalleryRow row;
    const NoGrad no_grad;
    for (const data::Batch& batch : data::Loader{data::subset(labels.all, shown), {.batch_size = images_in_gallery}}) {
        const Tensor is_found = found(batch.images, tensor(std::vector<double>(shown.begin(), shown.end()), {batch.size()}, DType::i64));
        const std::vector<double> flags = is_found.to_vector();
        for (std::size_t n = 0; n < shown.size(); ++n) {
            ExampleImage example = labelled_image(labels, shown[n], names);
            for (std::size_t c = 0; c < names.size(); ++c) {
                const auto label = static_cast<std::int64_t>(c);
                if (flags[n * names.size() + c] == 0 || is_label(labels.observed, shown[n], label)) continue;
                const bool is_there = is_label(labels.all, shown[n], label);
                example.recovered.push_back(names[c] + (is_there ? "" : "?"));
                if (is_there) std::erase(example.missing, names[c]);
            }
            row.images.push_back(std::move(example));
        }
    }
    return {Gallery{.title = title, .introduction = introduction, .rows = {row}}};
}

LabelFinder found_by(nn::Sequential& model, double threshold) {
    const double logit = std::log(threshold / (1 - threshold));
    return [&model, logit](const Tensor& images, const Tensor&) { return model(images) > logit; };
}

}  // namespace knoll::apps
