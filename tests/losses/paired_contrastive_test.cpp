#include <knoll/losses/paired_contrastive.h>
#include "support/close.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <cmath>

using namespace knoll;

namespace {

constexpr std::int64_t paired_count = 9;

Tensor random_pair_similarities() {
    Rng rng{4};
    return losses::paired_similarities(normalize(randn({paired_count, 4}, rng, DType::f64)), normalize(randn({paired_count, 4}, rng, DType::f64)), 0.5);
}

// What all pairs but n lose, exp(S_kn) and exp(S_nk) weighed by z.
double loss_of_other_pairs(const Tensor& s, std::int64_t n, double z) {
    double total = 0;
    for (std::int64_t i = 0; i < paired_count; ++i) {
        if (i == n) continue;
        double row = 0, column = 0;
        for (std::int64_t j = 0; j < paired_count; ++j) {
            row += (j == n ? z : 1.0) * std::exp(s.at<double>(i, j));
            column += (j == n ? z : 1.0) * std::exp(s.at<double>(j, i));
        }
        total += std::log(row) + std::log(column) - 2 * s.at<double>(i, i);
    }
    return total;
}

double pearson_of_roles(const std::vector<double>& a, const std::vector<double>& b) {
    double mean_a = 0, mean_b = 0, ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        mean_a += a[i] / static_cast<double>(a.size());
        mean_b += b[i] / static_cast<double>(a.size());
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += (a[i] - mean_a) * (b[i] - mean_b);
        aa += (a[i] - mean_a) * (a[i] - mean_a);
        bb += (b[i] - mean_b) * (b[i] - mean_b);
    }
    return ab / std::sqrt(aa * bb);
}

}  // namespace

TEST_CASE("the positive role is the symmetric cross-entropy of each pair") {
    const Tensor s = random_pair_similarities();
    const Tensor classes = arange(paired_count);
    const auto minus_log = [&](const Tensor& logits) { return -reshape(gather(log_softmax(logits, 1), 1, unsqueeze(classes, 1)), {paired_count}); };
    check_close(losses::positive_role(s), minus_log(s) + minus_log(transpose(s, 0, 1)), 1e-14, 1e-14);
}

TEST_CASE("the negative role is the slope of what a pair costs the others, and tells what its removal saves, while its reciprocal does not") {
    const Tensor s = random_pair_similarities();
    const std::vector<double> role = losses::negative_role(s).to_vector();
    std::vector<double> saved, reciprocal;
    for (std::int64_t n = 0; n < paired_count; ++n) {
        const double slope = (loss_of_other_pairs(s, n, 1 + 1e-5) - loss_of_other_pairs(s, n, 1 - 1e-5)) / 2e-5;
        CHECK(role[static_cast<std::size_t>(n)] == Approx(slope).epsilon(1e-7));
        saved.push_back(loss_of_other_pairs(s, n, 1) - loss_of_other_pairs(s, n, 0));
        double sum = 0;
        for (std::int64_t k = 0; k < paired_count; ++k)
            if (k != n) sum += 1 / softmax(s, 1).at<double>(k, n) + 1 / softmax(s, 0).at<double>(n, k);
        reciprocal.push_back(sum);
    }
    CHECK(pearson_of_roles(role, saved) > 0.95);
    CHECK(pearson_of_roles(reciprocal, saved) < 0.5);
}

TEST_CASE("both roles have right derivatives, and stay finite at any temperature") {
    Rng rng{5};
    const Tensor u = randn({4, 3}, rng, DType::f64), v = randn({4, 3}, rng, DType::f64);
    for (const auto role : {losses::positive_role, losses::negative_role})
        CHECK(gradcheck([&](const std::vector<Tensor>& in) { return role(losses::paired_similarities(in[0], in[1], 0.3)); }, {u, v}, {.order = 2}).ok());
    for (const double value : losses::positive_role(losses::paired_similarities(u, v, 1e-4)).to_vector()) CHECK(std::isfinite(value));
    CHECK(losses::negative_role(losses::paired_similarities(u, v, 1e9)).at<double>(0) == Approx(1.5));
    CHECK_THROWS_WITH(losses::paired_similarities(u, randn({5, 3}, rng, DType::f64), 1),
                      "[paired_similarities] expected two embeddings [N, D] of one shape, got shapes [4, 3] and [5, 3]");
    CHECK_THROWS_WITH(losses::paired_similarities(u, v, 0), "[paired_similarities] expected a temperature above 0, got 0");
    CHECK_THROWS_WITH(losses::negative_role(u), "[negative_role] expected similarities [N, N] of at least one pair, got shape [4, 3]");
}
