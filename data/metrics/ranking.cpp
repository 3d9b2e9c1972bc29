#include <knoll/data/metrics/ranking.h>

#include <knoll/core/error.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

namespace knoll::metrics {

namespace {

// Multiplied by a power of two that brings the largest near 1: no square of them overflows or vanishes, and all keep their digits.
std::vector<double> scaled(std::span<const double> values) {
    double largest = 0;
    for (const double value : values) largest = std::max(largest, std::abs(value));
    std::vector<double> numbers(values.begin(), values.end());
    if (largest > 0 && std::isfinite(largest))
        for (double& number : numbers) number = std::ldexp(number, -std::ilogb(largest));
    return numbers;
}

double mean_of(std::span<const double> values) { return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()); }

}  // namespace

double roc_auc(std::span<const double> scores, const std::vector<bool>& positives) {
    require<ShapeError>(scores.size() == positives.size(), "[roc_auc] expected a label for each of ", scores.size(), " scores, got ", positives.size());
    for (const double score : scores) require<ValueError>(!std::isnan(score), "[roc_auc] expected scores that are numbers, got NaN");
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
    double below = 0, wins = 0, found = 0;  // negatives below, pairs won, positives
    for (std::size_t begin = 0; begin < order.size();) {
        double tied_positives = 0, tied_negatives = 0;
        std::size_t end = begin;
        for (; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end) (positives[order[end]] ? tied_positives : tied_negatives) += 1;
        wins += tied_positives * (below + tied_negatives / 2);
        below += tied_negatives;
        found += tied_positives;
        begin = end;
    }
    require<ValueError>(found > 0 && below > 0, "[roc_auc] expected a positive and a negative, got ", found, " and ", below);
    return wins / (found * below);
}

double correlation(std::span<const double> first, std::span<const double> second) {
    require<ShapeError>(first.size() == second.size() && first.size() >= 2, "[correlation] expected two lists of one size, at least 2, got ", first.size(),
                        " and ", second.size());
    const std::vector<double> a = scaled(first), b = scaled(second);
    const double mean_a = mean_of(a), mean_b = mean_of(b);
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += (a[i] - mean_a) * (b[i] - mean_b);
        aa += (a[i] - mean_a) * (a[i] - mean_a);
        bb += (b[i] - mean_b) * (b[i] - mean_b);
    }
    return ab / (std::sqrt(aa) * std::sqrt(bb));
}

}  // namespace knoll::metrics
