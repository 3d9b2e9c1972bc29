#include <knoll/core/ops/random.h>
#include <knoll/data/metrics/multi_label.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace knoll;

namespace {

// The scores or labels of one class.
Tensor column(const std::vector<double>& values) { return tensor(values, {static_cast<std::int64_t>(values.size()), 1}); }

// By definition, without sorting: the precision at a positive counts whoever scores no lower.
double naive_average_precision(const Tensor& logits, const Tensor& labels, std::int64_t c) {
    const auto ranks_before = [&](std::int64_t i, std::int64_t j) {
        const double a = logits.at<double>(i, c), b = logits.at<double>(j, c);
        return a >= b;
    };
    double sum = 0, positives = 0;
    for (std::int64_t j = 0; j < labels.size(0); ++j) {
        if (labels.at<float>(j, c) == 0) continue;
        double rank = 0, hits = 0;
        for (std::int64_t i = 0; i < labels.size(0); ++i) {
            rank += ranks_before(i, j);
            hits += ranks_before(i, j) && labels.at<float>(i, c) == 1;
        }
        sum += hits / rank;
        positives += 1;
    }
    return sum / (positives + 1e-8);
}

}  // namespace

TEST_CASE("average precision of a case worked by hand") {
    // Ranked: positive, negative, positive, negative: (1/1 + 2/3) / 2.
    metrics::MeanAveragePrecision map;
    map.update(column({0.1, 2.0, 1.0, -3.0}), column({1, 1, 0, 0}));
    CHECK(map.value() == Approx((1.0 + 2.0 / 3.0) / 2.0).epsilon(1e-7));
}

TEST_CASE("mean average precision agrees with its definition, over any batches") {
    Rng rng{4};
    const std::int64_t examples = 41, classes = 6;
    Tensor logits = randn({examples, classes}, rng, DType::f64);
    for (double& value : logits.mutable_data<double>()) value = std::round(value * 3) / 3;  // many ties
    const Tensor labels = bernoulli({examples, classes}, 0.3, rng);
    metrics::MeanAveragePrecision map;
    for (std::int64_t begin = 0; begin < examples; begin += 7) {
        const std::int64_t rows = std::min<std::int64_t>(7, examples - begin);
        const auto from = static_cast<std::size_t>(begin * classes), count = static_cast<std::size_t>(rows * classes);
        map.update(from_data<double>({rows, classes}, logits.data<double>().subspan(from, count)),
                   from_data<float>({rows, classes}, labels.data<float>().subspan(from, count)));
    }
    double sum = 0;
    for (std::int64_t c = 0; c < classes; ++c) {
        const double expected = naive_average_precision(logits, labels, c);
        CHECK(map.class_values()[static_cast<std::size_t>(c)] == Approx(expected).epsilon(1e-12));
        sum += expected;
    }
    CHECK(map.value() == Approx(sum / static_cast<double>(classes)).epsilon(1e-12));
}

TEST_CASE("equal logits rank together, whatever the order of the examples, and NaN ranks last") {
    const auto value = [](const std::vector<double>& scores, const std::vector<double>& labels) {
        metrics::MeanAveragePrecision map;
        map.update(column(scores), column(labels));
        return map.value();
    };
    CHECK(value({0, 0}, {1, 0}) == Approx(0.5).epsilon(1e-7));
    CHECK(value({0, 0}, {0, 1}) == Approx(0.5).epsilon(1e-7));
    // Scores 3, 2, 2, 2, 1 of which the third and the last two positives: two at 2/4, one at 3/5.
    for (const std::vector<double>& labels : {std::vector<double>{0, 1, 1, 0, 1}, {0, 1, 0, 1, 1}, {0, 0, 1, 1, 1}})
        CHECK(value({3, 2, 2, 2, 1}, labels) == Approx((0.5 + 0.5 + 0.6) / 3).epsilon(1e-7));
    const double unknown = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
    CHECK(value({unknown, -infinity, unknown}, {1, 0, 0}) == Approx(1.0 / 3).epsilon(1e-7));
    CHECK(value({unknown, -infinity, unknown}, {0, 0, 1}) == Approx(1.0 / 3).epsilon(1e-7));
    CHECK(value({unknown, -infinity, unknown}, {0, 1, 0}) == Approx(1.0).epsilon(1e-7));
    CHECK(value({unknown, unknown, unknown}, {0, 1, 0}) == Approx(1.0 / 3).epsilon(1e-7));
}

TEST_CASE("mean average precision does not change with the order of the examples") {
    Rng rng{9};
    std::vector<double> scores, labels;
    for (int i = 0; i < 50; ++i) {
        scores.push_back(static_cast<double>(rng.below(6)));
        labels.push_back(rng.bernoulli(0.4) ? 1 : 0);
    }
    const auto value = [&] {
        metrics::MeanAveragePrecision map;
        map.update(column(scores), column(labels));
        return map.value();
    };
    const double before = value();
    for (int turn = 0; turn < 20; ++turn) {
        for (std::size_t left = scores.size(); left > 1; --left) {
            const auto other = static_cast<std::size_t>(rng.below(left));
            std::swap(scores[left - 1], scores[other]);
            std::swap(labels[left - 1], labels[other]);
        }
        CHECK(value() == before);
    }
}

TEST_CASE("a class without positives has average precision 0, one with nothing else 1") {
    metrics::MeanAveragePrecision map;
    map.update(tensor({{1, 2}, {3, 1}}), tensor({{0, 1}, {0, 1}}));
    CHECK(map.class_values()[0] == 0.0);
    CHECK(map.class_values()[1] == Approx(1.0).epsilon(1e-7));
    CHECK(map.value() == Approx(0.5).epsilon(1e-7));
}

TEST_CASE("CF1 is the mean of the classes' F1, OF1 the F1 of all labels together") {
    // Class 0: 1 true positive, 1 false positive, 0 false negatives: F1 2/3. Class 1: 1, 0, 2: 1/2. Class 2: no true positive: 0.
    metrics::MultiLabelF1 f1;
    f1.update(tensor({{1, 1, -1}, {1, -1, -1}}), tensor({{1, 1, 1}, {0, 1, 0}}));
    f1.update(tensor({{-1, -1, 1}}), tensor({{0, 1, 0}}));
    CHECK(f1.class_values()[0] == Approx(2.0 / 3.0));
    CHECK(f1.class_values()[1] == Approx(0.5));
    CHECK(f1.class_values()[2] == 0.0);
    CHECK(f1.per_class() == Approx((2.0 / 3.0 + 0.5) / 3.0));
    CHECK(f1.overall() == Approx(2.0 * 2 / (2 * 2 + 2 + 3)));
}

TEST_CASE("a label is predicted where the probability is above the threshold, not at it") {
    metrics::MultiLabelF1 at, above, strict(0.9);
    at.update(column({0}), column({1}));
    above.update(column({1e-3}), column({1}));
    strict.update(column({2.19, 2.20}), column({1, 1}));  // log(0.9 / 0.1) = 2.1972
    CHECK(at.overall() == 0.0);
    CHECK(above.overall() == 1.0);
    CHECK(strict.overall() == Approx(2.0 / 3.0));
}

TEST_CASE("multi-label metrics refuse what they cannot count") {
    metrics::MeanAveragePrecision map;
    metrics::MultiLabelF1 f1;
    CHECK_THROWS_WITH(map.value(), "[mean_average_precision] expected at least one example, got none");
    CHECK_THROWS_WITH(f1.overall(), "[f1] expected at least one example, got none");
    CHECK_THROWS_WITH(map.update(tensor({{1, 2}}), tensor({{1, 0.5}})), "[mean_average_precision] expected labels in {0, 1}, got 0.5");
    CHECK_THROWS_WITH(map.update(tensor({{1, 2}}), tensor({1, 0})), "[mean_average_precision] expected labels of shape [1, 2], got [2]");
    CHECK_THROWS_WITH(f1.update(tensor({1, 2}), tensor({1, 0})), "[f1] expected logits [B, classes], got shape [2]");
    CHECK_THROWS_AS(map.update(tensor({{1, 2}}, DType::i64), tensor({{1, 0}})), DTypeError);
    CHECK_THROWS_WITH(metrics::MultiLabelF1(1.0), "[f1] expected a threshold in (0, 1), got 1");
    f1.update(tensor({{1, 2}}), tensor({{1, 0}}));
    CHECK_THROWS_WITH(f1.update(tensor({{1, 2, 3}}), tensor({{1, 0, 1}})), "[f1] expected logits [B, 2], got shape [1, 3]");
}

TEST_CASE("F1 counts every label by its own class, at 0.5 unless told otherwise, as plain loops do") {
    Rng rng{6};
    const std::int64_t examples = 37, classes = 5;
    const Tensor logits = randn({examples, classes}, rng, DType::f64), labels = bernoulli({examples, classes}, 0.4, rng);
    for (const double threshold : {0.5, 0.2, 0.8}) {
        metrics::MultiLabelF1 f1 = threshold == 0.5 ? metrics::MultiLabelF1() : metrics::MultiLabelF1(threshold);
        f1.update(logits, labels);
        double mean = 0, right = 0, wrong = 0, missed = 0;
        for (std::int64_t c = 0; c < classes; ++c) {
            double hits = 0, extra = 0, lost = 0;
            for (std::int64_t i = 0; i < examples; ++i) {
                const bool predicted = 1 / (1 + std::exp(-logits.at<double>(i, c))) > threshold, present = labels.at<float>(i, c) == 1;
                hits += predicted && present;
                extra += predicted && !present;
                lost += !predicted && present;
            }
            const double expected = 2 * hits / (2 * hits + extra + lost);
            CHECK(f1.class_values()[static_cast<std::size_t>(c)] == Approx(expected).epsilon(1e-13));
            mean += expected / static_cast<double>(classes);
            right += hits, wrong += extra, missed += lost;
        }
        CHECK(f1.per_class() == Approx(mean).epsilon(1e-13));
        CHECK(f1.overall() == Approx(2 * right / (2 * right + wrong + missed)).epsilon(1e-13));
    }
    CHECK_THROWS_AS(metrics::MultiLabelF1(0.0), ValueError);
    CHECK_THROWS_WITH(metrics::MultiLabelF1().class_values(), "[f1] expected at least one example, got none");
    CHECK_THROWS_WITH(metrics::MultiLabelF1().per_class(), "[f1] expected at least one example, got none");
    metrics::MeanAveragePrecision map;
    CHECK_THROWS_WITH(map.update(zeros({2, 0}), zeros({2, 0})), "[mean_average_precision] expected logits [B, classes], got shape [2, 0]");
    map.update(zeros({1, 2}), ones({1, 2}, DType::u8));
    CHECK_THROWS_WITH(map.update(zeros({1, 3}), ones({1, 3})), "[mean_average_precision] expected logits [B, 2], got shape [1, 3]");
    CHECK(map.class_values().size() == 2);
}
