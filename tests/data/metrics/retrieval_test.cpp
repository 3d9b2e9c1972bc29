#include <knoll/data/metrics/retrieval.h>
#include "support/close.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

using namespace knoll;

namespace {

struct PlainRetrieval {
    double recall = 0;
    double precision = 0;
};

// As the definition says, with all others sorted for each query.
PlainRetrieval plain_retrieval(const Tensor& embeddings, const Tensor& labels) {
    const std::int64_t count = embeddings.size(0);
    PlainRetrieval scores;
    double queries = 0;
    for (std::int64_t q = 0; q < count; ++q) {
        std::vector<std::pair<double, std::int64_t>> others;
        std::int64_t alike = 0;
        for (std::int64_t i = 0; i < count; ++i) {
            if (i == q) continue;
            double square = 0;
            for (std::int64_t d = 0; d < embeddings.size(1); ++d) {
                const double difference = embeddings.at<double>(q, d) - embeddings.at<double>(i, d);
                square += difference * difference;
            }
            others.emplace_back(square, i);
            alike += labels.at<std::int64_t>(i) == labels.at<std::int64_t>(q) ? 1 : 0;
        }
        if (alike == 0) continue;
        std::stable_sort(others.begin(), others.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        double sum = 0;
        for (std::int64_t rank = 1; rank <= alike; ++rank) {
            std::int64_t hits = 0;
            bool last = false;
            for (std::int64_t i = 0; i < rank; ++i) {
                last = labels.at<std::int64_t>(others[static_cast<std::size_t>(i)].second) == labels.at<std::int64_t>(q);
                hits += last ? 1 : 0;
            }
            if (rank == 1 && last) scores.recall += 1;
            if (last) sum += static_cast<double>(hits) / static_cast<double>(rank);
        }
        scores.precision += sum / static_cast<double>(alike);
        queries += 1;
    }
    return {scores.recall / queries, scores.precision / queries};
}

}  // namespace

TEST_CASE("recall at 1 and MAP at R are those of plain loops, also with equal distances and lonely classes") {
    Rng rng{2};
    for (const std::int64_t count : {2, 5, 40, 300}) {
        Tensor labels = empty({count}, DType::i64);
        for (std::int64_t& label : labels.mutable_data<std::int64_t>()) label = static_cast<std::int64_t>(rng.below(4)) - 1;
        labels.mutable_data<std::int64_t>()[0] = labels.mutable_data<std::int64_t>()[1] = 7;
        const Tensor embeddings = randn({count, 3}, rng, DType::f64);
        const Tensor coarse = (2.0 * embeddings).to(DType::i64).to(DType::f64);
        for (const Tensor& some : {embeddings, coarse}) {
            const metrics::RetrievalScores scores = metrics::retrieval_scores(some, labels);
            const PlainRetrieval plain = plain_retrieval(some, labels);
            CHECK(scores.recall_at_1 == Approx(plain.recall).margin(1e-14));
            CHECK(scores.map_at_r == Approx(plain.precision).margin(1e-14));
        }
    }
}

TEST_CASE("retrieval scores of a few points by hand, class by class") {
    const Tensor line = tensor({{0.0}, {1.0}, {3.0}, {3.5}, {9.0}}, DType::f64);
    const Tensor labels = tensor({4.0, 4.0, 4.0, 2.0, 3.0}, DType::i64);
    // R = 2: 0 finds 1 and 2, 1 finds 0 and 2, 2 (at 3) finds the stranger first and then 1: half of 1/2.
    const metrics::RetrievalScores scores = metrics::retrieval_scores(line, labels);
    CHECK(scores.classes == std::vector<std::int64_t>{4});
    CHECK(scores.recall_at_1 == Approx(2.0 / 3));
    CHECK(scores.map_at_r == Approx((1 + 1 + 0.25) / 3));
    CHECK(scores.map_per_class.front() == scores.map_at_r);
    CHECK(metrics::nearest_neighbours(line, {2, 4}, 3).to_vector() == std::vector<double>{3, 1, 0, 3, 2, 1});
}

TEST_CASE("retrieval refuses what cannot be ranked") {
    const Tensor rows = zeros({3, 2});
    CHECK_THROWS_WITH(metrics::retrieval_scores(rows, arange(3)), "[retrieval_scores] expected a class with at least two examples, got none");
    CHECK_THROWS_WITH(metrics::retrieval_scores(rows, arange(2)), "[retrieval_scores] expected labels [3], got shape [2]");
    CHECK_THROWS_WITH(metrics::retrieval_scores(zeros({0, 2}), arange(0)),
                      "[retrieval_scores] expected embeddings [N, D] of at least one row, got shape [0, 2]");
    CHECK_THROWS_WITH(metrics::retrieval_scores(zeros({3}, DType::i64), arange(3)), "[retrieval_scores] expected embeddings of f32 or f64, got i64");
    CHECK_THROWS_WITH(metrics::retrieval_scores(full({2, 1}, std::nan("")), zeros({2}, DType::i64)),
                      "[retrieval_scores] expected embeddings that are finite numbers, got nan");
    CHECK_THROWS_WITH(metrics::nearest_neighbours(rows, {0}, 3), "[nearest_neighbours] expected a count in 1..2, got 3");
    CHECK_THROWS_WITH(metrics::nearest_neighbours(rows, {3}, 1), "[nearest_neighbours] expected queries in 0..2, got 3");
}
