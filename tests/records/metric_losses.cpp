// Losses of pairs, anchor by anchor in plain loops.
#include "records/losses.h"

#include <knoll/losses/anml.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace knoll::records {

namespace {

using Values = std::vector<double>;
/// The loss of an anchor from its distances or similarities to its positives and its negatives.
using AnchorFormula = std::function<double(const Values& positive, const Values& negative)>;
using PairFormula = double (*)(const Naive& x, std::int64_t i, std::int64_t j);

double product_of(const Naive& x, std::int64_t i, std::int64_t j) {
    double sum = 0.0;
    for (std::int64_t k = 0; k < x.shape[1]; ++k) sum += x[{i, k}] * x[{j, k}];
    return sum;
}

double square_between(const Naive& x, std::int64_t i, std::int64_t j) {
    double sum = 0.0;
    for (std::int64_t k = 0; k < x.shape[1]; ++k) sum += (x[{i, k}] - x[{j, k}]) * (x[{i, k}] - x[{j, k}]);
    return sum;
}

double distance_between(const Naive& x, std::int64_t i, std::int64_t j) { return std::sqrt(square_between(x, i, j)); }

double largest(const Values& values) { return *std::max_element(values.begin(), values.end()); }
double smallest(const Values& values) { return *std::min_element(values.begin(), values.end()); }

// log of the sum of exp.
double log_sum(const Values& values) {
    const double top = largest(values);
    double sum = 0.0;
    for (const double value : values) sum += std::exp(value - top);
    return top + std::log(sum);
}

double log_exp_mean_of(Values values, double g) {
    const auto count = static_cast<double>(values.size());
    if (g == 0.0) {
        double sum = 0.0;
        for (const double value : values) sum += value;
        return sum / count;
    }
    for (double& value : values) value *= g;
    return (log_sum(values) - std::log(count)) / g;
}

AnchorFormula triplet(double margin, bool soft) {
    return [=](const Values& positive, const Values& negative) {
        if (positive.empty() || negative.empty()) return 0.0;
        const double excess = largest(positive) - smallest(negative) + margin;
        return soft ? softplus_of(excess) : std::max(excess, 0.0);
    };
}

AnchorFormula contrastive(double margin) {
    return [=](const Values& positive, const Values& negative) {
        double sum = 0.0;
        for (const double s : positive) sum += 1.0 - s;
        for (const double s : negative) sum += std::max(s - margin, 0.0);
        return sum;
    };
}

AnchorFormula multi_similarity(double alpha, double beta, double base, double epsilon) {
    return [=](const Values& positive, const Values& negative) {
        if (positive.empty() || negative.empty()) return 0.0;
        Values pull{0.0}, push{0.0};
        for (const double s : positive)
            if (s < largest(negative) + epsilon) pull.push_back(alpha * (base - s));
        for (const double s : negative)
            if (s > smallest(positive) - epsilon) push.push_back(beta * (s - base));
        return pull.size() == 1 || push.size() == 1 ? 0.0 : log_sum(pull) / alpha + log_sum(push) / beta;
    };
}

AnchorFormula anml(double alpha, double beta, double sharpness, double margin) {
    return [=](const Values& positive, const Values& negative) {
        if (positive.empty() || negative.empty()) return 0.0;
        return softplus_of(sharpness * (log_exp_mean_of(positive, alpha) - log_exp_mean_of(negative, -beta) + margin)) / sharpness;
    };
}

Reference per_anchor(const AnchorFormula& loss, PairFormula pair) {
    return [=](const std::vector<Naive>& in) {
        const std::int64_t count = in[0].shape[0];
        return generate({count}, [&](const Index& i) {
            Values positive, negative;
            for (std::int64_t j = 0; j < count; ++j)
                if (j != i[0]) (in[1][{j}] == in[1][i] ? positive : negative).push_back(pair(in[0], i[0], j));
            return loss(positive, negative);
        });
    };
}

Reference total(const Reference& losses, bool averaged) {
    return [=](const std::vector<Naive>& in) {
        double sum = 0.0;
        for (const double value : losses(in).values) sum += value;
        return Naive{{}, {averaged ? sum / static_cast<double>(in[0].shape[0]) : sum}};
    };
}

// One row has no pair at all, two have one positive or one negative each.
void expect_loss(Expectations& book, const std::string& name, const std::string& variant, const Reference& reference) {
    std::vector<Inputs> odd;
    for (const Shape& shape : {Shape{1, 3}, Shape{2, 3}, Shape{3, 1}, Shape{17, 5}}) odd.push_back(loss_inputs(losses::TargetKind::same_class, shape));
    odd.push_back({apps::normal_input({4, 3}, 6), zeros({4}, DType::i64)});
    odd.push_back({apps::normal_input({7, 2}, 6), apps::index_input({7}, 4, 3)});
    Expectation& expectation = book.value(name, variant, reference).also(odd);
    expectation.may_vanish = true;
}

}  // namespace

void expect_metric_losses(Expectations& book) {
    expect_loss(book, "triplet", "", per_anchor(triplet(0.2, false), distance_between));
    expect_loss(book, "triplet", "soft", per_anchor(triplet(0.2, true), square_between));
    expect_loss(book, "contrastive", "", per_anchor(contrastive(0.5), product_of));
    expect_loss(book, "contrastive", "margin -1", per_anchor(contrastive(-1.0), product_of));
    expect_loss(book, "multi_similarity", "", per_anchor(multi_similarity(2.0, 40.0, 0.5, 0.1), product_of));
    expect_loss(book, "multi_similarity", "all pairs", per_anchor(multi_similarity(1.0, 2.0, 0.5, 100.0), product_of));
    const losses::AnmlOptions usual;
    const Reference plain = per_anchor(anml(usual.alpha, usual.beta, usual.sharpness, usual.margin), square_between);
    expect_loss(book, "anml", "", plain);
    expect_loss(book, "anml", "mean", total(plain, true));
    expect_loss(book, "anml", "sum", total(plain, false));
    expect_loss(book, "anml", "near positives, far negatives", per_anchor(anml(-1.0, -2.0, 1.0, 0.1), square_between));
    expect_loss(book, "anml", "means", per_anchor(anml(0.0, 0.0, usual.sharpness, usual.margin), square_between));
}

}  // namespace knoll::records
