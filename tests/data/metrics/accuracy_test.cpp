#include "support/numbers.h"

#include <knoll/core/ops/random.h>
#include <knoll/data/metrics/accuracy.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;

namespace {

Tensor labels_of(std::initializer_list<double> values) { return tensor(values, DType::i64); }

}  // namespace

TEST_CASE("accuracy is the share of examples whose largest logit is at the label") {
    metrics::Accuracy accuracy;
    accuracy.update(tensor({{1, 2, 0}, {5, 1, 4}, {0, 0, 1}}), labels_of({1, 2, 2}));
    CHECK(accuracy.value() == Approx(2.0 / 3.0));
    accuracy.update(tensor({{9, 1, 1}}, DType::f64), labels_of({0}));
    CHECK(accuracy.value() == Approx(3.0 / 4.0));
}

TEST_CASE("of equal logits the first counts, and NaN is smaller than any number") {
    metrics::ConfusionMatrix matrix;
    matrix.update(tensor({{1, 1, 1}, {not_a_number, -2, -1}, {-1, not_a_number, -2}, {not_a_number, not_a_number, not_a_number}}), labels_of({0, 0, 0, 0}));
    CHECK(matrix.counts().to_vector() == std::vector<double>{3, 0, 1, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("a confusion matrix has the true class down and the predicted one across") {
    metrics::ConfusionMatrix matrix;
    matrix.update(tensor({{1, 0, 0}, {0, 1, 0}, {0, 1, 0}, {0, 0, 1}}), labels_of({0, 0, 0, 1}));
    matrix.update(tensor({{0, 1, 0}}), labels_of({1}));
    CHECK(matrix.counts().to_vector() == std::vector<double>{1, 2, 0, 0, 1, 1, 0, 0, 0});
    CHECK(matrix.accuracy() == Approx(2.0 / 5.0));
    const std::vector<double> classes = matrix.class_accuracy();
    CHECK(classes[0] == Approx(1.0 / 3.0));
    CHECK(classes[1] == Approx(1.0 / 2.0));
    CHECK(std::isnan(classes[2]));
    CHECK(matrix.balanced_accuracy() == Approx((1.0 / 3.0 + 1.0 / 2.0) / 2));
}

TEST_CASE("the accuracy of a confusion matrix is that of Accuracy") {
    Rng rng{1};
    metrics::Accuracy accuracy;
    metrics::ConfusionMatrix matrix;
    for (int batch = 0; batch < 5; ++batch) {
        const Tensor logits = randn({13, 7}, rng);
        const Tensor labels = choice(7, 13, true, rng);
        accuracy.update(logits, labels);
        matrix.update(logits, labels);
    }
    CHECK(matrix.accuracy() == accuracy.value());
    CHECK(accuracy.value() > 0.0);
}

TEST_CASE("accuracy refuses what it cannot count") {
    metrics::Accuracy accuracy;
    metrics::ConfusionMatrix matrix;
    CHECK_THROWS_WITH(accuracy.value(), "[accuracy] expected at least one example, got none");
    CHECK_THROWS_WITH(matrix.balanced_accuracy(), "[confusion_matrix] expected at least one example, got none");
    const Tensor logits = tensor({{1, 2, 0}});
    CHECK_THROWS_WITH(accuracy.update(logits, labels_of({3})), "[accuracy] expected labels in 0..2, got 3");
    CHECK_THROWS_AS(accuracy.update(logits, labels_of({3})), IndexError);
    CHECK_THROWS_WITH(accuracy.update(logits, labels_of({0, 1})), "[accuracy] expected labels [1], got shape [2]");
    CHECK_THROWS_WITH(accuracy.update(labels_of({0}), labels_of({0})), "[accuracy] expected logits [B, classes], got shape [1]");
    CHECK_THROWS_AS(accuracy.update(logits, tensor({0})), DTypeError);
    matrix.update(logits, labels_of({0}));
    CHECK_THROWS_WITH(matrix.update(tensor({{1, 2}}), labels_of({0})), "[confusion_matrix] expected 3 classes, got logits of shape [1, 2]");
}

TEST_CASE("accuracy takes one class, many batches and the borders of the labels, and a matrix counts in both") {
    metrics::Accuracy accuracy;
    metrics::ConfusionMatrix matrix;
    accuracy.update(tensor({{3}, {-1}}), labels_of({0, 0}));
    CHECK(accuracy.value() == 1.0);
    CHECK_THROWS_WITH(accuracy.update(tensor({{1, 2}}), labels_of({-1})), "[accuracy] expected labels in 0..1, got -1");
    CHECK_THROWS_WITH(accuracy.update(zeros({2, 0}), labels_of({0, 0})), "[accuracy] expected logits [B, classes], got shape [2, 0]");
    CHECK(accuracy.value() == 1.0);  // what was refused counts for nothing
    matrix.update(tensor({{1, 2, 3}, {1, 3, 2}}, DType::f64), labels_of({2, 0}));
    matrix.update(tensor({{1, 2, 3}}), labels_of({2}));
    CHECK(matrix.counts().dtype() == DType::i64);
    CHECK(to_string(matrix.counts().shape()) == "[3, 3]");
    CHECK(matrix.counts().to_vector() == std::vector<double>{0, 1, 0, 0, 0, 0, 0, 0, 2});
    CHECK(matrix.class_accuracy()[0] == 0.0);
    CHECK(matrix.class_accuracy()[2] == 1.0);
    CHECK(matrix.balanced_accuracy() == Approx(0.5));
    CHECK(matrix.accuracy() == Approx(2.0 / 3));
    for (const metrics::ConfusionMatrix none; const char* name : {"accuracy", "class_accuracy"})
        CHECK_THROWS_WITH(name == std::string("accuracy") ? none.accuracy() : none.class_accuracy()[0],
                          "[confusion_matrix] expected at least one example, got none");
}
