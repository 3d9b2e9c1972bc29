// Losses of pairs, anchor by anchor in plain loops.
#include "records/losses.h"

#include <knoll/losses/anml.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace knoll::records {

namespace {

using PairValues = std::vector<double>;
/// The loss of an anchor from its distances or similarities to its positives and its negatives.
using FormulaOfAnchor = std::function<double(const PairValues& positive, const PairValues& negative)>;
using FormulaOfPair = double (*)(const Naive& x, std::int64_t i, std::int64_t j);

double row_product(const Naive& x, std::int64_t i, std::int64_t j) {
    double sum = 0.0;
    for (std::int64_t k = 0; k < x.shape[1]; ++k) sum += x[{i, k}] * x[{j, k}];
    return sum;
}

double squared_row_distance(const Naive& x, std::int64_t i, std::int64_t j) {
    double sum = 0.0;
    for (std::int64_t k = 0; k < x.shape[1]; ++k) sum += (x[{i, k}] - x[{j, k}]) * (x[{i, k}] - x[{j, k}]);
    return sum;
}

double row_distance(const Naive& x, std::int64_t i, std::int64_t j) { return std::sqrt(squared_row_distance(x, i, j)); }

double largest_pair(const PairValues& values) { return *std::max_element(values.begin(), values.end()); }
double smallest_pair(const PairValues& values) { return *std::min_element(values.begin(), values.end()); }

// log of the sum of exp.
double log_sum_of_pairs(const PairValues& values) {
    const double top = largest_pair(values);
    double sum = 0.0;
    for (const double value : values) sum += std::exp(value - top);
    return top + std::log(sum);
}

double naive_log_exp_mean(PairValues values, double g) {
    const auto count = static_cast<double>(values.size());
    if (g == 0.0) {
        double sum = 0.0;
        for (const double value : values) sum += value;
        return sum / count;
    }
    for (double& value : values) value *= g;
    return (log_sum_of_pairs(values) - std::log(count)) / g;
}

FormulaOfAnchor triplet_of_anchor(double margin, bool soft) {
    return [=](const PairValues& positive, const PairValues& negative) {
        if (positive.empty() || negative.empty()) return 0.0;
        const double excess = largest_pair(positive) - smallest_pair(negative) + margin;
        return soft ? softplus_of(excess) : std::max(excess, 0.0);
    };
}

FormulaOfAnchor contrastive_of_anchor(double margin) {
    return [=](const PairValues& positive, const PairValues& negative) {
        double sum = 0.0;
        for (const double s : positive) sum += 1.0 - s;
        for (const double s : negative) sum += std::max(s - margin, 0.0);
        return sum;
    };
}

FormulaOfAnchor multi_similarity_of_anchor(double alpha, double beta, double base, double epsilon) {
    return [=](const PairValues& positive, const PairValues& negative) {
        if (positive.empty() || negative.empty()) return 0.0;
        PairValues pull{0.0}, push{0.0};
        for (const double s : positive)
            if (s < largest_pair(negative) + epsilon) pull.push_back(alpha * (base - s));
        for (const double s : negative)
            if (s > smallest_pair(positive) - epsilon) push.push_back(beta * (s - base));
        return pull.size() == 1 || push.size() == 1 ? 0.0 : log_sum_of_pairs(pull) / alpha + log_sum_of_pairs(push) / beta;
    };
}

FormulaOfAnchor anml_of_anchor(double alpha, double beta, double sharpness, double margin) {
    return [=](const PairValues& positive, const PairValues& negative) {
        if (positive.empty() || negative.empty()) return 0.0;
        return softplus_of(sharpness * (naive_log_exp_mean(positive, alpha) - naive_log_exp_mean(negative, -beta) + margin)) / sharpness;
    };
}

Reference per_anchor_of(const FormulaOfAnchor& loss, FormulaOfPair pair) {
    return [=](const std::vector<Naive>& in) {
        const std::int64_t count = in[0].shape[0];
        return generate({count}, [&](const Index& i) {
            PairValues positive, negative;
            for (std::int64_t j = 0; j < count; ++j)
                if (j != i[0]) (in[1][{j}] == in[1][i] ? positive : negative).push_back(pair(in[0], i[0], j));
            return loss(positive, negative);
        });
    };
}

Reference total_of_anchors(const Reference& losses, bool averaged) {
    return [=](const std::vector<Naive>& in) {
        double sum = 0.0;
        for (const double value : losses(in).values) sum += value;
        return Naive{{}, {averaged ? sum / static_cast<double>(in[0].shape[0]) : sum}};
    };
}

// One row has no pair at all, two have one positive or one negative each.
void expect_metric_loss(Expectations& book, const std::string& name, const std::string& variant, const Reference& reference) {
    std::vector<Inputs> odd;
    for (const Shape& shape : {Shape{1, 3}, Shape{2, 3}, Shape{3, 1}, Shape{17, 5}}) odd.push_back(loss_inputs(losses::TargetKind::same_class, shape));
    odd.push_back({apps::normal_input({4, 3}, 6), zeros({4}, DType::i64)});
    odd.push_back({apps::normal_input({7, 2}, 6), apps::index_input({7}, 4, 3)});
    Expectation& expectation = book.value(name, variant, reference).also(odd);
    expectation.may_vanish = true;
}

}  // namespace

void expect_metric_losses(Expectations& book) {
    expect_metric_loss(book, "triplet", "", per_anchor_of(triplet_of_anchor(0.2, false), row_distance));
    expect_metric_loss(book, "triplet", "soft", per_anchor_of(triplet_of_anchor(0.2, true), squared_row_distance));
    expect_metric_loss(book, "contrastive", "", per_anchor_of(contrastive_of_anchor(0.5), row_product));
    expect_metric_loss(book, "contrastive", "margin -1", per_anchor_of(contrastive_of_anchor(-1.0), row_product));
    expect_metric_loss(book, "multi_similarity", "", per_anchor_of(multi_similarity_of_anchor(2.0, 40.0, 0.5, 0.1), row_product));
    expect_metric_loss(book, "multi_similarity", "all pairs", per_anchor_of(multi_similarity_of_anchor(1.0, 2.0, 0.5, 100.0), row_product));
    const losses::AnmlOptions usual;
    const Reference plain = per_anchor_of(anml_of_anchor(usual.alpha, usual.beta, usual.sharpness, usual.margin), squared_row_distance);
    expect_metric_loss(book, "anml", "", plain);
    expect_metric_loss(book, "anml", "mean", total_of_anchors(plain, true));
    expect_metric_loss(book, "anml", "sum", total_of_anchors(plain, false));
    expect_metric_loss(book, "anml", "near positives, far negatives", per_anchor_of(anml_of_anchor(-1.0, -2.0, 1.0, 0.1), squared_row_distance));
    expect_metric_loss(book, "anml", "means", per_anchor_of(anml_of_anchor(0.0, 0.0, usual.sharpness, usual.margin), squared_row_distance));
}

}  // namespace knoll::records
