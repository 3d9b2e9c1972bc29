#include <knoll/data/metrics/retrieval.h>
#include "support/close.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

using namespace knoll;

namespace {

struct PlainRetrieval {
    double recall = 0;
    double precision = 0;
};

// As the definition says, with all others ranked for each query; `draws` random orders of what is equally far are averaged.
PlainRetrieval plain_retrieval(const Tensor& embeddings, const Tensor& labels, int draws, Rng rng) {
    const std::int64_t count = embeddings.size(0);
    PlainRetrieval scores;
    double queries = 0;
    for (std::int64_t q = 0; q < count; ++q) {
        std::int64_t alike = 0;
        for (std::int64_t i = 0; i < count; ++i) alike += i != q && labels.at<std::int64_t>(i) == labels.at<std::int64_t>(q) ? 1 : 0;
        if (alike == 0) continue;
        queries += draws;
        for (int draw = 0; draw < draws; ++draw) {
            std::vector<std::tuple<double, double, std::int64_t>> others;  // distance, what decides among equals, index
            for (std::int64_t i = 0; i < count; ++i) {
                if (i == q) continue;
                double square = 0;
                for (std::int64_t d = 0; d < embeddings.size(1); ++d) {
                    const double difference = embeddings.at<double>(q, d) - embeddings.at<double>(i, d);
                    square += difference * difference;
                }
                others.emplace_back(square, rng.uniform(), i);
            }
            std::sort(others.begin(), others.end());
            double hits = 0, sum = 0;
            for (std::int64_t rank = 1; rank <= alike; ++rank) {
                const bool hit = labels.at<std::int64_t>(std::get<2>(others[static_cast<std::size_t>(rank - 1)])) == labels.at<std::int64_t>(q);
                hits += hit ? 1 : 0;
                if (rank == 1 && hit) scores.recall += 1;
                if (hit) sum += hits / static_cast<double>(rank);
            }
            scores.precision += sum / static_cast<double>(alike);
        }
    }
    return {scores.recall / queries, scores.precision / queries};
}

}  // namespace

TEST_CASE("recall at 1 and MAP at R are those of plain loops, also with lonely classes") {
    Rng rng{2};
    for (const std::int64_t count : {2, 5, 40, 300}) {
        Tensor labels = empty({count}, DType::i64);
        for (std::int64_t& label : labels.mutable_data<std::int64_t>()) label = static_cast<std::int64_t>(rng.below(4)) - 1;
        labels.mutable_data<std::int64_t>()[0] = labels.mutable_data<std::int64_t>()[1] = 7;
        const Tensor embeddings = randn({count, 3}, rng, DType::f64);
        const metrics::RetrievalScores scores = metrics::retrieval_scores(embeddings, labels);
        const PlainRetrieval plain = plain_retrieval(embeddings, labels, 1, rng);
        CHECK(scores.recall_at_1 == Approx(plain.recall).margin(1e-14));
        CHECK(scores.map_at_r == Approx(plain.precision).margin(1e-14));
    }
}

TEST_CASE("equal distances count as the mean over all of their orders, and the order of the set decides nothing") {
    Rng rng{3};
    for (const std::int64_t count : {3, 12, 30}) {
        Tensor labels = empty({count}, DType::i64);
        for (std::int64_t& label : labels.mutable_data<std::int64_t>()) label = static_cast<std::int64_t>(rng.below(3));
        labels.mutable_data<std::int64_t>()[0] = labels.mutable_data<std::int64_t>()[1] = 7;
        const Tensor coarse = (1.5 * randn({count, 2}, rng, DType::f64)).to(DType::i64).to(DType::f64);
        const metrics::RetrievalScores scores = metrics::retrieval_scores(coarse, labels);
        const PlainRetrieval plain = plain_retrieval(coarse, labels, 4000, rng);
        CHECK(scores.recall_at_1 == Approx(plain.recall).margin(0.015));
        CHECK(scores.map_at_r == Approx(plain.precision).margin(0.015));
        Tensor backwards = empty({count}, DType::i64);
        for (std::int64_t i = 0; i < count; ++i) backwards.mutable_data<std::int64_t>()[static_cast<std::size_t>(i)] = count - 1 - i;
        const metrics::RetrievalScores turned = metrics::retrieval_scores(index_select(coarse, 0, backwards), index_select(labels, 0, backwards));
        CHECK(turned.recall_at_1 == Approx(scores.recall_at_1).margin(1e-14));
        CHECK(turned.map_at_r == Approx(scores.map_at_r).margin(1e-14));
    }
    // All at one place: of the two others of an example of class 1 one is alike, R is 1; of class 0 there is but one.
    const metrics::RetrievalScores one_place = metrics::retrieval_scores(zeros({3, 1}, DType::f64), tensor({1.0, 0.0, 1.0}, DType::i64));
    CHECK(one_place.recall_at_1 == Approx(0.5));
    CHECK(one_place.map_at_r == Approx(0.5));
    // Five at one place, three of them of class 1: of four others two are alike, R = 2:
    // rank 1 adds 2/4, rank 2 adds 2/4 (0 + 1 + 1/3) / 2; their half is 5/12. For class 0, one of four, R = 1: 1/4.
    const metrics::RetrievalScores five = metrics::retrieval_scores(zeros({5, 1}), tensor({1.0, 0.0, 1.0, 0.0, 1.0}, DType::i64));
    CHECK(five.map_per_class[0] == Approx(0.25));
    CHECK(five.map_per_class[1] == Approx(5.0 / 12));
    CHECK(five.recall_per_class[1] == Approx(0.5));
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
    for (const double size : {1e25, 1e-25}) {  // whose squares overflow or vanish in f32
        const Tensor sized = (line * size).to(DType::f32);
        CHECK(metrics::nearest_neighbours(sized, {2, 4}, 3).to_vector() == std::vector<double>{3, 1, 0, 3, 2, 1});
        CHECK(metrics::retrieval_scores(sized, labels).map_at_r == scores.map_at_r);
    }
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
