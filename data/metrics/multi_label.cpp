#include <knoll/data/metrics/multi_label.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace knoll::metrics {

namespace {

// Calls visit(class, score, target) for each label, row by row, having checked all of them.
template <class Visit>
void for_each_label(const char* op, const Tensor& logits, const Tensor& labels, std::int64_t classes, const Visit& visit) {
    require<ShapeError>(logits.rank() == 2 && logits.size(1) == classes, "[", op, "] expected logits [B, ", classes, "], got shape ", logits.shape());
    require<ShapeError>(labels.shape() == logits.shape(), "[", op, "] expected labels of shape ", logits.shape(), ", got ", labels.shape());
    const std::vector<double> targets = labels.to_vector();
    for (const double target : targets) require<ValueError>(target == 0.0 || target == 1.0, "[", op, "] expected labels in {0, 1}, got ", target);
    visit_floating(op, logits.dtype(), [&](auto zero) {
        const auto scores = logits.data<decltype(zero)>();
        for (std::size_t i = 0; i < scores.size(); ++i) visit(i % static_cast<std::size_t>(classes), double{scores[i]}, targets[i] == 1.0);
    });
}

std::int64_t classes_of(const char* op, const Tensor& logits) {
    require<ShapeError>(logits.rank() == 2 && logits.size(1) >= 1, "[", op, "] expected logits [B, classes], got shape ", logits.shape());
    return logits.size(1);
}

struct Ranked {
    double score;
    bool positive;
};

// NaN ranks below any number, and all NaN rank together.
bool ranks_above(const Ranked& a, const Ranked& b) { return a.score > b.score || (std::isnan(b.score) && !std::isnan(a.score)); }

double average_precision(std::vector<Ranked>& examples) {
    std::sort(examples.begin(), examples.end(), ranks_above);
    double precisions = 0.0;
    double positives = 0.0;
    for (auto tied = examples.begin(); tied != examples.end();) {
        const auto next = std::upper_bound(tied, examples.end(), *tied, ranks_above);
        const auto found = static_cast<double>(std::count_if(tied, next, [](const Ranked& example) { return example.positive; }));
        positives += found;
        precisions += found * positives / static_cast<double>(next - examples.begin());
        tied = next;
    }
    return precisions / (positives + 1e-8);
}

double mean(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()); }

}  // namespace

void MeanAveragePrecision::update(const Tensor& logits, const Tensor& labels) {
    if (classes_ == 0) classes_ = classes_of("mean_average_precision", logits);
    for_each_label("mean_average_precision", logits, labels, classes_, [&](std::size_t, double score, bool target) {
        scores_.push_back(score);
        targets_.push_back(target ? 1 : 0);
    });
}

std::vector<double> MeanAveragePrecision::class_values() const {
    require(!scores_.empty(), "[mean_average_precision] expected at least one example, got none");
    const auto classes = static_cast<std::size_t>(classes_);
    std::vector<Ranked> examples(scores_.size() / classes);
    std::vector<double> values;
    for (std::size_t c = 0; c < classes; ++c) {
        for (std::size_t i = 0; i < examples.size(); ++i) examples[i] = {scores_[i * classes + c], targets_[i * classes + c] != 0};
        values.push_back(average_precision(examples));
    }
    return values;
}

double MeanAveragePrecision::value() const { return mean(class_values()); }

MultiLabelF1::MultiLabelF1(double threshold) : logit_threshold_(std::log(threshold / (1.0 - threshold))) {
    require<ValueError>(threshold > 0.0 && threshold < 1.0, "[f1] expected a threshold in (0, 1), got ", threshold);
}

void MultiLabelF1::update(const Tensor& logits, const Tensor& labels) {
    if (counts_.empty()) counts_.resize(static_cast<std::size_t>(classes_of("f1", logits)));
    for_each_label("f1", logits, labels, static_cast<std::int64_t>(counts_.size()), [&](std::size_t c, double score, bool target) {
        const bool predicted = score > logit_threshold_;
        counts_[c].true_positives += predicted && target ? 1 : 0;
        counts_[c].false_positives += predicted && !target ? 1 : 0;
        counts_[c].false_negatives += !predicted && target ? 1 : 0;
    });
}

double MultiLabelF1::Counts::f1() const {
    if (true_positives == 0) return 0.0;
    return 2.0 * static_cast<double>(true_positives) / static_cast<double>(2 * true_positives + false_positives + false_negatives);
}

std::vector<double> MultiLabelF1::class_values() const {
    require(!counts_.empty(), "[f1] expected at least one example, got none");
    std::vector<double> values;
    for (const Counts& counts : counts_) values.push_back(counts.f1());
    return values;
}

double MultiLabelF1::per_class() const { return mean(class_values()); }

double MultiLabelF1::overall() const {
    require(!counts_.empty(), "[f1] expected at least one example, got none");
    Counts pooled;
    for (const Counts& counts : counts_) {
        pooled.true_positives += counts.true_positives;
        pooled.false_positives += counts.false_positives;
        pooled.false_negatives += counts.false_negatives;
    }
    return pooled.f1();
}

}  // namespace knoll::metrics
