// --data: where examples come from.
#pragma once

#include <knoll/apps/options.h>
#include <knoll/data/dataset.h>

#include <string>

namespace knoll::apps {

struct SingleLabelData {
    std::string name;
    data::LabeledImages train;
    data::LabeledImages test;  ///< with --validate: a fifth of the training data, held apart
};

struct MultiLabelData {
    std::string name;
    std::string source;  ///< all that settles which data these are: the name, or --data where that names files
    data::MultiLabelImages train;
    data::MultiLabelImages test;
};

/// fashion, cifar10, cifar100, shapes. Throws FileError where files are missing, with the way to get them; ValueError on another name.
/// Throws ValueError on a --train-size or --test-size of more examples than there are.
/// The files that the data are read from, as far as they are known by name; none of drawn data.
std::vector<std::string> data_files(const TrainingOptions& options);

SingleLabelData load_single_label(const TrainingOptions& options);

/// Scenes of fashion, cifar10 or cifar100 objects (16000 for training and 2000 to evaluate unless options say otherwise), drawn shapes, or
/// an arff set as it is.
MultiLabelData load_multi_label(const TrainingOptions& options);

/// Such scenes whose classes are long-tailed in training, the rarest to the most frequent as the ratio, in an order that is always the
/// same; all classes are as frequent in those to evaluate. Throws ValueError on arff, which is as it is, and on a ratio outside (0, 1].
MultiLabelData load_long_tailed_scenes(const TrainingOptions& options, double ratio);

/// The first `count` examples in an order that depends on nothing but the set's size; all, if there are not more.
data::LabeledImages at_most(const data::LabeledImages& set, std::int64_t count);
data::MultiLabelImages at_most(const data::MultiLabelImages& set, std::int64_t count);

/// How many examples are judged at a time: what they need of memory, and nothing of the result, depends on it.
constexpr std::int64_t evaluation_batch = 250;

/// `count` examples drawn at random, always the same ones of a set of that size, in the set's order; all, if there are not more.
data::LabeledImages sample_of(const data::LabeledImages& set, std::int64_t count);
data::MultiLabelImages sample_of(const data::MultiLabelImages& set, std::int64_t count);

}  // namespace knoll::apps
