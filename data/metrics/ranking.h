// How well scores put examples in order.
#pragma once

#include <span>
#include <vector>

namespace knoll::metrics {

/// The probability that a positive has a higher score than a negative, a tie counting half: area under the ROC curve, in [0, 1].
/// Throws ShapeError on different sizes, ValueError on NaN or where there is no positive or no negative.
double roc_auc(std::span<const double> scores, const std::vector<bool>& positives);

/// Pearson's correlation, in [-1, 1]; NaN where one side does not vary. Throws ShapeError on different sizes or fewer than two.
double correlation(std::span<const double> a, std::span<const double> b);

}  // namespace knoll::metrics
