// Metrics of multi-label classification, as the experiments of ASL, Hill and SPLC compute them. update() takes logits
// [B, classes] of f32 or f64 and labels [B, classes] in {0, 1} of any type. Results are in [0, 1]; papers print percent.
#pragma once

#include <knoll/core/tensor.h>

#include <cstdint>
#include <vector>

namespace knoll::metrics {

/// Mean over classes of the average precision: the mean, over a class's positives, of the precision at their rank.
///
/// AP = (sum over positives of precision at that rank) / (positives + 1e-8), the rank by falling logit. Equal logits rank together, at
/// the rank of the last of them: the precision of a positive with logit s is (positives of logit >= s) / (examples of logit >= s), so the
/// order of the examples decides nothing (as scikit-learn's average_precision_score). NaN ranks last, all of them together. A class
/// without positives has AP 0 by that formula, and counts in the mean.
class MeanAveragePrecision {
public:
    /// Throws ShapeError, DTypeError, or ValueError on a label other than 0 and 1.
    void update(const Tensor& logits, const Tensor& labels);
    /// Throws Error before the first example.
    double value() const;
    /// The average precision of each class.
    std::vector<double> class_values() const;

private:
    std::int64_t classes_ = 0;
    std::vector<double> scores_;         // [examples, classes]
    std::vector<std::uint8_t> targets_;  // [examples, classes]
};

/// F1 of the labels predicted where the probability is above a threshold.
class MultiLabelF1 {
public:
    /// Throws ValueError on a threshold outside (0, 1).
    explicit MultiLabelF1(double threshold = 0.5);
    /// Throws as MeanAveragePrecision does.
    void update(const Tensor& logits, const Tensor& labels);

    /// F1 of each class; 0 without true positives. These throw Error before the first example.
    std::vector<double> class_values() const;
    /// CF1: the mean of the classes' F1 (not the F1 of mean precision and mean recall).
    double per_class() const;
    /// OF1: the F1 of the true and false positives and the false negatives of all classes together.
    double overall() const;

private:
    struct Counts {
        std::int64_t true_positives = 0, false_positives = 0, false_negatives = 0;
        double f1() const;
    };

    double logit_threshold_;
    std::vector<Counts> counts_;
};

}  // namespace knoll::metrics
