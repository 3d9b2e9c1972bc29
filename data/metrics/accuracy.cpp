#include <knoll/data/metrics/accuracy.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace knoll::metrics {

namespace {

template <class T>
std::int64_t first_largest(const T* row, std::int64_t count) {
    std::int64_t best = 0;
    for (std::int64_t c = 1; c < count; ++c)
        if (row[c] > row[best] || (std::isnan(row[best]) && !std::isnan(row[c]))) best = c;
    return best;
}

// Calls visit(true class, predicted class) for each example.
template <class Visit>
void for_each_prediction(const char* op, const Tensor& logits, const Tensor& labels, const Visit& visit) {
    require<ShapeError>(logits.rank() == 2 && logits.size(1) >= 1, "[", op, "] expected logits [B, classes], got shape ", logits.shape());
    require<ShapeError>(labels.shape() == Shape{logits.size(0)}, "[", op, "] expected labels [", logits.size(0), "], got shape ", labels.shape());
    const std::int64_t classes = logits.size(1);
    const auto truths = labels.data<std::int64_t>();
    for (const std::int64_t truth : truths)
        require<IndexError>(truth >= 0 && truth < classes, "[", op, "] expected labels in 0..", classes - 1, ", got ", truth);
    visit_floating(op, logits.dtype(), [&](auto zero) {
        const auto* row = logits.data<decltype(zero)>().data();
        for (const std::int64_t truth : truths) {
            visit(truth, first_largest(row, classes));
            row += classes;
        }
    });
}

}  // namespace

void Accuracy::update(const Tensor& logits, const Tensor& labels) {
    for_each_prediction("accuracy", logits, labels, [&](std::int64_t truth, std::int64_t predicted) {
        right_ += predicted == truth ? 1 : 0;
        ++examples_;
    });
}

double Accuracy::value() const {
    require(examples_ > 0, "[accuracy] expected at least one example, got none");
    return static_cast<double>(right_) / static_cast<double>(examples_);
}

void ConfusionMatrix::update(const Tensor& logits, const Tensor& labels) {
    if (classes_ == 0 && logits.rank() == 2) {
        classes_ = logits.size(1);
        counts_.resize(static_cast<std::size_t>(classes_ * classes_));
    }
    require<ShapeError>(logits.rank() != 2 || logits.size(1) == classes_, "[confusion_matrix] expected ", classes_, " classes, got logits of shape ",
                        logits.shape());
    for_each_prediction("confusion_matrix", logits, labels,
                        [&](std::int64_t truth, std::int64_t predicted) { ++counts_[static_cast<std::size_t>(truth * classes_ + predicted)]; });
}

void ConfusionMatrix::require_examples() const {
    require(std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0}) > 0, "[confusion_matrix] expected at least one example, got none");
}

Tensor ConfusionMatrix::counts() const { return from_data<std::int64_t>({classes_, classes_}, counts_); }

double ConfusionMatrix::accuracy() const {
    require_examples();
    std::int64_t right = 0;
    for (std::int64_t c = 0; c < classes_; ++c) right += count(c, c);
    return static_cast<double>(right) / static_cast<double>(std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0}));
}

std::vector<double> ConfusionMatrix::class_accuracy() const {
    require_examples();
    std::vector<double> shares;
    for (std::int64_t truth = 0; truth < classes_; ++truth) {
        std::int64_t examples = 0;
        for (std::int64_t predicted = 0; predicted < classes_; ++predicted) examples += count(truth, predicted);
        shares.push_back(examples == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(count(truth, truth)) / static_cast<double>(examples));
    }
    return shares;
}

double ConfusionMatrix::balanced_accuracy() const {
    double sum = 0.0;
    std::int64_t present = 0;
    for (const double share : class_accuracy()) {
        if (std::isnan(share)) continue;
        sum += share;
        ++present;
    }
    return sum / static_cast<double>(present);
}

}  // namespace knoll::metrics
