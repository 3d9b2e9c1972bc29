// What the tasks with several labels an image share.
#pragma once

#include <knoll/apps/training/task.h>
#include <knoll/data/dataset.h>

namespace knoll::apps {

/// Training labels as they are, and as the losses are told of them; of the same images.
struct ObservedLabels {
    data::MultiLabelImages all;
    data::MultiLabelImages observed;
};

/// The classes' names; "label 3" where nobody knows one.
std::vector<std::string> label_names(const data::MultiLabelImages& set);

/// A set shuffled anew in every epoch.
TrainingSet shuffled(const data::MultiLabelImages& set, std::uint64_t seed);

/// Average precision of each class, its mean, CF1 and OF1, in percent, with a note where the same is predicted of all examples.
struct MultiLabelScores {
    double average_precision = 0, class_f1 = 0, overall_f1 = 0;
    std::vector<double> per_class = {};
    std::string note = {};
};
MultiLabelScores judge_labels(nn::Sequential& model, const data::MultiLabelImages& set);

/// The first so many images with labels that are kept from the losses; the first of all, if none are kept from them.
std::vector<ExampleImage> images_with_missing_labels(const ObservedLabels& labels, std::int64_t count);

/// For each of the first so many images that have missing labels: what was found among the labels that were not observed. `found` takes
/// images [n, C, H, W] of the training set and where they stand in it, [n], and gives [n, C], other than 0 where a label is taken for present.
/// A label found that is not there is listed with a question mark. Empty where the examples are no images.
using LabelFinder = std::function<Tensor(const Tensor& images, const Tensor& indices)>;
std::vector<Gallery> found_labels(const std::string& title, const std::string& introduction, const ObservedLabels& labels, const LabelFinder& found);

/// Labels that a model gives a probability above the threshold.
LabelFinder found_by(nn::Sequential& model, double threshold);

}  // namespace knoll::apps
