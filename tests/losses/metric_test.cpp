// Metric losses: closed-form gradients, the losses that each becomes in a limit, and pairs that must not count.
#include <knoll/losses/losses.h>
#include "support/close.h"

#include <knoll/core/core.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace knoll;

namespace {

constexpr double unbounded = std::numeric_limits<double>::infinity();

Tensor random_unit_rows(std::int64_t count, std::int64_t length, std::uint64_t seed = 1) {
    Rng rng{seed};
    return normalize(randn({count, length}, rng, DType::f64)).detach();
}

Tensor class_vector(std::initializer_list<double> labels) { return tensor(labels, DType::i64); }

Tensor metric_gradient(const losses::Loss& loss, const Tensor& embeddings, const Tensor& classes) {
    const Tensor x = embeddings.clone().set_requires_grad();
    return grad(loss(x, classes), x, {.allow_unused = true});
}

double metric_value(const std::string& specification, const Tensor& embeddings, const Tensor& classes) {
    return (*losses::make(specification))(embeddings, classes).item();
}

}  // namespace

TEST_CASE("the log-exp mean has the mean, the largest and the smallest number as its limits, and softmax as its gradient") {
    const Tensor x = tensor({{3.0, -1.0, 0.5, 9.0}, {1.0, 2.0, 4.0, 9.0}, {7.0, 8.0, 9.0, 9.0}}, DType::f64);
    const Tensor mask = tensor({{1.0, 1.0, 1.0, 0.0}, {0.0, 1.0, 1.0, 0.0}, {0.0, 0.0, 0.0, 0.0}}).to(DType::u8);
    const auto check = [&](double g, double first, double second, double tolerance) {
        INFO("g = " << g);
        check_close(losses::log_exp_mean(x, mask, g), tensor({first, second, 0.0}, DType::f64), tolerance, tolerance);
    };
    check(0, 2.5 / 3, 3, 1e-15);
    check(unbounded, 3, 4, 0);
    check(-unbounded, -1, 2, 0);
    // The next term of the series in g is half of the variance.
    for (const double g : {1e-300, 1e-12, -1e-12, 1e-6, -1e-6}) check(g, 2.5 / 3 + g / 2 * (10.25 / 3 - 6.25 / 9), 3 + g / 2, 1e-11);
    check(1e12, 3, 4, 1e-11);
    check(-1e12, -1, 2, 1e-11);
    for (const double g : {-2.0, -0.1, 1e-9, 0.3, 5.0}) {
        const double first = std::log((std::exp(3 * g) + std::exp(-g) + std::exp(0.5 * g)) / 3) / g;
        if (std::abs(g) > 1e-6) CHECK(losses::log_exp_mean(x, mask, g).at<double>(0) == Approx(first).epsilon(1e-13));
        const Tensor leaf = x.clone().set_requires_grad();
        const Tensor gradient = grad(sum(losses::log_exp_mean(leaf, mask, g)), leaf);
        const Tensor expected = where(mask, softmax(where(mask, g * x, -1e300), 1), 0.0);
        check_close(gradient, where(unsqueeze(losses::any_marked(mask), 1), expected, 0.0), 1e-12, 1e-12);
        CHECK(gradcheck([&](const Tensor& a) { return losses::log_exp_mean(a, mask, g); }, x, {.order = 2, .allow_zero = true}).ok());
    }
    CHECK_THROWS_WITH(losses::log_exp_mean(x, mask, std::nan("")), "[log_exp_mean] expected g to be a number, got NaN");
    CHECK_THROWS_WITH(losses::log_exp_mean(x, zeros({3, 3}), 1), "[log_exp_mean] expected values [M, N] and a mask of their shape, got [3, 4] and [3, 3]");
}

TEST_CASE("a log-exp mean of many numbers in f32 is that of f64") {
    Rng rng{3};
    const Tensor x = randn({2, 8192}, rng);
    for (const double g : {1e-7, 0.5, 50.0, -50.0}) {
        const Tensor wide = losses::log_exp_mean(x.to(DType::f64), ones({2, 8192}, DType::u8), g);
        check_close(losses::log_exp_mean(x, ones({2, 8192}, DType::u8), g).to(DType::f64), wide, 2e-6, 2e-6);
    }
}

TEST_CASE("the ANML style becomes the hardest triplet, NCA, the hinge on means and the sides of multi-similarity") {
    const Tensor x = 1.3 * random_unit_rows(8, 3);
    const Tensor classes = class_vector({0, 1, 0, 1, 0, 1, 0, 1});
    const Tensor d = pairwise_squared_distances(x, x);
    const losses::PairMasks pairs = losses::pair_masks(classes, classes, eye(8, DType::u8));

    CHECK(metric_value("anml:alpha=1e9,beta=1e9,sharpness=1e9,margin=0.2", x, classes) ==
          Approx(metric_value("triplet:squared=1,margin=0.2", x, classes)).epsilon(1e-7));
    CHECK(metric_value("anml:alpha=1e9,beta=1e9,sharpness=1,margin=0.2", x, classes) ==
          Approx(metric_value("triplet:squared=1,margin=0.2,soft=1", x, classes)).epsilon(1e-7));

    // NCA: minus the logarithm of the probability that softmax(-d) gives to all positives together.
    const Tensor of_positives = sum(where(pairs.positive, exp(-d), 0.0), 1), of_negatives = sum(where(pairs.negative, exp(-d), 0.0), 1);
    const double nca = mean(-log(of_positives / (of_positives + of_negatives))).item();
    const losses::Anml as_nca{{.alpha = -1, .beta = 1, .sharpness = 1, .margin = std::log(4.0) - std::log(3.0)}};
    CHECK(as_nca(x, classes).item() == Approx(nca).epsilon(1e-12));

    const Tensor gap = sum(where(pairs.positive, d, 0.0), 1) / 3.0 - sum(where(pairs.negative, d, 0.0), 1) / 4.0;
    CHECK(metric_value("anml:alpha=0,beta=0,sharpness=1e9,margin=1", x, classes) == Approx(mean(relu(gap + 1.0)).item()).epsilon(1e-7));

    // Each side of multi-similarity is a softplus of a log-exp mean and the logarithm of how many there are.
    const Tensor s = matmul(x, x, {.transpose_b = true});
    const Tensor pull = losses::log_exp_mean(0.5 - s, pairs.positive, 2), push = losses::log_exp_mean(s - 0.5, pairs.negative, 10);
    const double sides = mean(softplus(2.0 * pull + std::log(3.0)) / 2.0 + softplus(10.0 * push + std::log(4.0)) / 10.0).item();
    CHECK(metric_value("multi_similarity:alpha=2,beta=10,base=0.5,epsilon=100", x, classes) == Approx(sides).epsilon(1e-12));
}

TEST_CASE("gradients of metric losses are their closed forms") {
    // Three unit vectors in the plane, two of one class: every loss is a function of three cosines.
    const Tensor x = tensor({{1.0, 0.0}, {0.8, 0.6}, {0.6, 0.8}}, DType::f64);
    const Tensor classes = class_vector({5, 5, -3});
    const Tensor s = matmul(x, x, {.transpose_b = true});
    const auto by_rows = [&](const Tensor& by_similarity) { return matmul(by_similarity + transpose(by_similarity, 0, 1), x); };

    // Contrastive: -1 for a positive, 1 for a negative above the margin; a third of each.
    const Tensor contrastive = tensor({{0.0, -1.0, 1.0}, {-1.0, 0.0, 1.0}, {1.0, 1.0, 0.0}}, DType::f64) / 3.0;
    check_close(metric_gradient(losses::Contrastive{}, x, classes), by_rows(contrastive), 1e-14, 1e-14);

    // Multi-similarity: the logistic function of one pair, where the anchor has one positive and one negative. Row 2 has no positive.
    const Tensor pull = sigmoid(2.0 * (0.5 - s)), push = sigmoid(40.0 * (s - 0.5));
    const Tensor positive = tensor({{0.0, 1.0, 0.0}, {1.0, 0.0, 0.0}, {0.0, 0.0, 0.0}}, DType::f64);
    const Tensor negative = tensor({{0.0, 0.0, 1.0}, {0.0, 0.0, 1.0}, {0.0, 0.0, 0.0}}, DType::f64);
    check_close(metric_gradient(losses::MultiSimilarity{{.epsilon = 2}}, x, classes), by_rows((negative * push - positive * pull) / 3.0), 1e-13, 1e-13);

    // By squared distances: softplus' slope for both pairs of an anchor; and those have the gradient 2 (a - b).
    const Tensor d = pairwise_squared_distances(x, x);
    Tensor by_distance = zeros({3, 3}, DType::f64);
    for (const std::int64_t anchor : {0, 1}) {
        const std::int64_t other = 1 - anchor;
        const double slope = 1 / (1 + std::exp(-5 * (d.at<double>(anchor, other) - d.at<double>(anchor, 2) + 0.5))) / 3;
        by_distance.mutable_data<double>()[static_cast<std::size_t>(3 * anchor + other)] = slope;
        by_distance.mutable_data<double>()[static_cast<std::size_t>(3 * anchor + 2)] = -slope;
    }
    const Tensor both = by_distance + transpose(by_distance, 0, 1);
    check_close(metric_gradient(losses::Anml{{.alpha = 3, .beta = -2, .sharpness = 5, .margin = 0.5}}, x, classes),
                2.0 * (x * sum(both, 1, true) - matmul(both, x)), 1e-13, 1e-13);
}

TEST_CASE("anchors without a positive or a negative, and a row and itself, contribute nothing to metric losses") {
    for (const char* name : {"triplet", "triplet:soft=1", "contrastive", "multi_similarity", "anml", "anml:alpha=-3,beta=-3"}) {
        INFO(name);
        const auto loss = losses::make(name);
        const auto each = losses::make(name, Reduction::none);
        // No pair at all: one row.
        const Tensor alone = random_unit_rows(1, 3);
        CHECK((*loss)(alone, class_vector({4})).item() == 0.0);
        check_close(metric_gradient(*loss, alone, class_vector({4})), zeros({1, 3}, DType::f64), 0, 0);
        // A single row of a class beside two of another.
        const Tensor x = random_unit_rows(3, 3, 2);
        const Tensor values = (*each)(x, class_vector({0, 0, 1}));
        if (std::string(name) != "contrastive") CHECK(values.at<double>(2) == 0.0);
        CHECK(values.at<double>(0) > 0.0);
        // In a memory that holds the batch, own rows are left out and nothing else: the loss of the batch is what remains.
        const auto* metric = dynamic_cast<const losses::MetricLoss*>(loss.get());
        REQUIRE(metric != nullptr);
        const Tensor y = random_unit_rows(6, 3, 5), classes = class_vector({0, 1, 2, 0, 1, 2});
        CHECK(metric->against(y, classes, y, classes, eye(6, DType::u8)).item() == Approx((*loss)(y, classes).item()).epsilon(1e-14));
        CHECK(metric->against(y, classes, random_unit_rows(2, 3), class_vector({7, 8})).item() <= 6.0);
    }
}

TEST_CASE("metric losses against a memory check it, and give it gradients where it wants them") {
    const losses::Anml loss;
    const Tensor x = random_unit_rows(4, 3), classes = class_vector({0, 0, 1, 1});
    Tensor memory = random_unit_rows(5, 3, 9).set_requires_grad();
    CHECK(grad(loss.against(x, classes, memory, class_vector({0, 1, 0, 1, 2})), memory).shape() == Shape{5, 3});
    CHECK_THROWS_WITH(loss.against(x, classes, random_unit_rows(5, 2), class_vector({0, 1, 0, 1, 2})),
                      "[anml] expected embeddings of one length, got [4, 3] and [5, 2]");
    CHECK_THROWS_WITH(loss.against(x, classes, memory, classes), "[anml] expected targets of shape [5], one class per row of embeddings [5, 3], got [4]");
    CHECK_THROWS_WITH(loss.against(x, classes, memory, class_vector({0, 1, 0, 1, 2}), eye(4, DType::u8)),
                      "[anml] expected excluded pairs of shape [4, 5], got [4, 4]");
    CHECK_THROWS_WITH(loss.against(x, classes, Tensor{}, classes), "[anml] expected embeddings and classes, got an undefined tensor");
}

TEST_CASE("metric losses are finite with finite gradients at huge embeddings, and refuse those without distances") {
    for (const DType dtype : {DType::f32, DType::f64})
        for (const char* name : {"triplet", "contrastive", "multi_similarity", "anml", "anml:alpha=-5,beta=-5", "anml:alpha=0,beta=0"}) {
            INFO(name);
            for (const double size : {1e-30, 1e4, 1e8}) {
                const Tensor x = (size * random_unit_rows(6, 3)).to(dtype), classes = class_vector({0, 0, 0, 1, 1, 1});
                CHECK(std::isfinite((*losses::make(name))(x, classes).item()));
                for (const double slope : metric_gradient(*losses::make(name), x, classes).to_vector()) CHECK(std::isfinite(slope));
                const Tensor equal = full({6, 3}, size, dtype);
                for (const double slope : metric_gradient(*losses::make(name), equal, classes).to_vector()) CHECK(std::isfinite(slope));
            }
        }
    CHECK_THROWS_WITH(losses::Anml{}(tensor({{1e38, 3e38}, {-1e38, -3e38}, {3e38, -3e38}}), class_vector({0, 0, 1})),
                      "[anml] expected embeddings whose distances their type can hold, got larger ones");
}

TEST_CASE("weighted pairs have the weights as their gradient, and weights no gradient") {
    const Tensor s = tensor({{0.9, 0.6, 0.1}, {0.2, 0.7, 0.5}}, DType::f64).set_requires_grad();
    const Tensor negative = tensor({{0.0, 1.0, 1.0}, {1.0, 1.0, 0.0}}).to(DType::u8), positive = tensor({{1.0, 0.0, 0.0}, {0.0, 0.0, 1.0}}).to(DType::u8);
    const Tensor push = losses::hard_negative_weights(s, negative, 0.5), pull = losses::even_weights(positive, 2.0, DType::f64);
    check_close(push, tensor({{0.0, 1.0, 0.0}, {0.0, 1.0, 0.0}}, DType::f64), 0, 0);
    check_close(grad(losses::weighted_pairs(s, pull, push), s), tensor({{-1.0, 0.5, 0.0}, {0.0, 0.5, -1.0}}, DType::f64), 0, 0);
    check_close(grad(losses::weighted_pairs(s, square(s), push), s), (push - square(s)).detach() / 2.0, 0, 0);
    check_close(losses::even_weights(tensor({{1.0, 1.0, 0.0}, {0.0, 0.0, 0.0}}).to(DType::u8), 1.0, DType::f64),
                tensor({{0.5, 0.5, 0.0}, {0.0, 0.0, 0.0}}, DType::f64), 0, 0);
    CHECK_THROWS_WITH(losses::weighted_pairs(s, pull, zeros({2, 2})),
                      "[weighted_pairs] expected weights of the similarities' shape [2, 3], got [2, 3] and [2, 2]");
}
