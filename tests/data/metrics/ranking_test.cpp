#include <knoll/data/metrics/ranking.h>

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace knoll;

TEST_CASE("the area under the ROC curve is the share of pairs in order, with ties as halves") {
    Rng rng{4};
    std::vector<double> scores;
    std::vector<bool> positives;
    for (int i = 0; i < 60; ++i) {
        scores.push_back(static_cast<double>(rng.below(9)));
        positives.push_back(rng.bernoulli(0.3));
    }
    double pairs = 0, wins = 0;
    for (std::size_t i = 0; i < scores.size(); ++i)
        for (std::size_t j = 0; j < scores.size(); ++j) {
            if (!positives[i] || positives[j]) continue;
            pairs += 1;
            wins += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
        }
    CHECK(metrics::roc_auc(scores, positives) == Approx(wins / pairs).epsilon(1e-14));
    CHECK(metrics::roc_auc(std::vector<double>{1, 2, 3}, {false, false, true}) == 1.0);
    CHECK_THROWS_WITH(metrics::roc_auc(std::vector<double>{1, 2}, {true}), "[roc_auc] expected a label for each of 2 scores, got 1");
    CHECK_THROWS_WITH(metrics::roc_auc(std::vector<double>{1, 2}, {true, true}), "[roc_auc] expected a positive and a negative, got 2 and 0");
    CHECK_THROWS_WITH(metrics::roc_auc(std::vector<double>{1, std::nan("")}, {true, false}), "[roc_auc] expected scores that are numbers, got NaN");
}

TEST_CASE("correlation is 1 along a rising line, -1 along a falling one, and not defined where nothing varies") {
    const std::vector<double> x{1, 2, 4}, up{3, 5, 9}, down{0, -1, -3}, level{2, 2, 2}, other{1, 0, 1};
    CHECK(metrics::correlation(x, up) == Approx(1.0));
    CHECK(metrics::correlation(x, down) == Approx(-1.0));
    CHECK(metrics::correlation(x, other) == Approx(0.18898223650461363));
    CHECK(std::isnan(metrics::correlation(x, level)));
    // Of any size: neither sums nor squares overflow or vanish.
    for (const double size : {1e-200, 1e200, 5e307}) {
        const std::vector<double> sized{size, 2 * size, 3.5 * size}, turned{size, 0, size};
        CHECK(metrics::correlation(sized, up) == Approx(metrics::correlation(std::vector<double>{1, 2, 3.5}, up)));
        CHECK(metrics::correlation(turned, sized) == Approx(metrics::correlation(other, std::vector<double>{1, 2, 3.5})));
    }
    CHECK_THROWS_WITH(metrics::correlation(x, std::vector<double>{1}), "[correlation] expected two lists of one size, at least 2, got 3 and 1");
}

TEST_CASE("the order of examples decides nothing about the area under the ROC curve, with few or many ties") {
    const std::vector<double> scores{3, 1, 2, 2, 1, 1}, turned{1, 1, 2, 2, 1, 3};
    // Of eight pairs 3 wins four, and 2 wins three and ties one.
    CHECK(metrics::roc_auc(scores, {true, false, true, false, false, false}) == Approx((4 + 3 + 0.5) / 8));
    CHECK(metrics::roc_auc(turned, {false, false, false, true, false, true}) == Approx((4 + 3 + 0.5) / 8));
    CHECK(metrics::roc_auc(std::vector<double>{5, 5}, {true, false}) == 0.5);
    CHECK(metrics::roc_auc(std::vector<double>{-INFINITY, INFINITY}, {true, false}) == 0.0);
    CHECK_THROWS_WITH(metrics::roc_auc(std::vector<double>{1, 2}, {false, false}), "[roc_auc] expected a positive and a negative, got 0 and 2");
    CHECK_THROWS_WITH(metrics::correlation(std::vector<double>{1}, std::vector<double>{1}),
                      "[correlation] expected two lists of one size, at least 2, got 1 and 1");
}
