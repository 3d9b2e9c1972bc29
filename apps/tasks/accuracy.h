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

/// accuracy, and that of each class, in percent.
Evaluation accuracy_of(const metrics::ConfusionMatrix& confusion);
/// The same of a model in evaluation mode on at most so many examples of a set.
Evaluation accuracy_on(const data::LabeledImages& set, nn::Sequential& model, const EvaluationRequest& request);

/// An option's text as a number in [low, high]. Throws ValueError that names task and option.
double parse_option(const std::string& task, const std::string& option, const std::string& given, double low, double high);
/// The same for a whole number.
std::int64_t parse_whole_option(const std::string& task, const std::string& option, const std::string& given, std::int64_t low, std::int64_t high);

}  // namespace knoll::apps
