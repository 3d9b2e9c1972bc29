// What tasks share whose examples have one label each.
#pragma once

#include <knoll/apps/training/data_source.h>
#include <knoll/apps/training/task.h>
#include <knoll/data/metrics/accuracy.h>

namespace knoll::apps {

/// Single-label data as options ask for; unless they say how many, at most so many training examples: what a comparison trains on in a
/// few minutes.
SingleLabelData load_at_most(const TrainingOptions& options, std::int64_t training_examples);

/// The names of a set's classes, numbers where nobody knows them.
std::vector<std::string> names_of_classes(const data::LabeledImages& set);

/// What a model in evaluation mode makes of at most so many examples of a set.
metrics::ConfusionMatrix confusion_on(const data::LabeledImages& set, nn::Sequential& model, const EvaluationRequest& request);
/// accuracy, and that of each class, in percent, with a note where all predictions are one class.
Evaluation accuracy_of(const metrics::ConfusionMatrix& confusion, const std::vector<std::string>& class_names);
/// The same of a model.
Evaluation accuracy_on(const data::LabeledImages& set, nn::Sequential& model, const EvaluationRequest& request);

/// A set in a sampler's order, drawn anew in every epoch.
TrainingSet sampled(const data::LabeledImages& set, const data::Sampler& sampler, std::uint64_t seed);
/// A set shuffled anew in every epoch.
TrainingSet shuffled(const data::LabeledImages& set, std::uint64_t seed);

}  // namespace knoll::apps
