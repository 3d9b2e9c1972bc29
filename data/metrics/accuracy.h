// Metrics of single-label classification. update() takes logits [B, classes] of f32 or f64 and labels [B] of i64; the predicted
// class is the first of the largest logits, and NaN counts as smaller than any number.
#pragma once

#include <knoll/core/tensor.h>

#include <cstdint>
#include <vector>

namespace knoll::metrics {

/// The share of examples whose predicted class is right.
class Accuracy {
public:
    /// Throws ShapeError, DTypeError, or IndexError on a label out of range.
    void update(const Tensor& logits, const Tensor& labels);
    /// In [0, 1]. Throws Error before the first example.
    double value() const;

private:
    std::int64_t right_ = 0;
    std::int64_t examples_ = 0;
};

/// Counts examples by true and predicted class; what weighs classes equally is computed from it.
class ConfusionMatrix {
public:
    /// The first update fixes the number of classes. Throws as Accuracy does, and ShapeError if that number changes.
    void update(const Tensor& logits, const Tensor& labels);
    /// i64 [classes, classes]: row the true class, column the predicted one.
    Tensor counts() const;
    /// In [0, 1]. These throw Error before the first example.
    double accuracy() const;
    /// The share of each class that is predicted right: its recall. NaN for a class without examples.
    std::vector<double> class_accuracy() const;
    /// The mean of class_accuracy() over the classes that have examples.
    double balanced_accuracy() const;

private:
    std::int64_t count(std::int64_t truth, std::int64_t predicted) const { return counts_[static_cast<std::size_t>(truth * classes_ + predicted)]; }
    void require_examples() const;

    std::int64_t classes_ = 0;
    std::vector<std::int64_t> counts_;
};

}  // namespace knoll::metrics
