// Models that say the same of whatever they see.
#pragma once

#include <knoll/core/tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace knoll::apps {

/// A sentence where all of several examples of several classes are taken for one class, otherwise nothing. counts [classes, classes]: row the
/// true class, column the predicted one.
std::string note_of_one_class(const Tensor& counts, const std::vector<std::string>& class_names);

/// Labels of a test set: how many there could be, are there, and are predicted.
struct LabelCounts {
    std::int64_t possible = 0;
    std::int64_t present = 0;
    std::int64_t predicted = 0;
};

/// A sentence where no label or every label is predicted for all examples, and that is not so; otherwise nothing.
std::string note_of_same_labels(const LabelCounts& counts);

}  // namespace knoll::apps
