// Small tasks and the evolution of a loss for them, against plain loops.
#include <knoll/apps/procedures/loss_evolution.h>
#include "apps/procedures/naive_slope.h"
#include "support/close.h"

#include <knoll/core/core.h>
#include <knoll/nn/nn.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <functional>

using namespace knoll;
using apps::SmallTask;
using test::NaiveAdam;
using test::Numbers;

namespace {

const data::EpisodeOptions episode_of_three{.ways = 3, .shots = 2, .queries = 5};

data::Batch random_episode(std::int64_t height, std::int64_t width, std::uint64_t seed) {
    Rng rng{seed};
    const std::int64_t count = episode_of_three.length();
    Tensor images = rand({count, 2, height, width}, rng);
    // Each class is brighter than the one before.
    auto values = images.mutable_data<float>();
    for (std::int64_t n = 0; n < count; ++n) {
        const std::int64_t way = n < 6 ? n / 2 : (n - 6) / 5;
        for (std::int64_t i = 0; i < 2 * height * width; ++i)
            values[static_cast<std::size_t>(n * 2 * height * width + i)] += 0.25F * static_cast<float>((i + way) % 3);
    }
    return {images, zeros({count}, DType::i64), arange(count)};
}

// Rows of features: the mean of four pixels, or every pixel; moved by the means of the first six rows and scaled by their deviation.
std::vector<Numbers> naive_features(const Tensor& images, bool halves) {
    const std::int64_t channels = images.size(1), height = images.size(2), width = images.size(3);
    std::vector<Numbers> rows;
    for (std::int64_t n = 0; n < images.size(0); ++n) {
        Numbers row;
        for (std::int64_t c = 0; c < channels; ++c)
            for (std::int64_t y = 0; y < height; y += halves ? 2 : 1)
                for (std::int64_t x = 0; x < width; x += halves ? 2 : 1) {
                    if (!halves)
                        row.push_back(images.at<float>(n, c, y, x));
                    else
                        row.push_back((images.at<float>(n, c, y, x) + images.at<float>(n, c, y + 1, x) + images.at<float>(n, c, y, x + 1) +
                                       images.at<float>(n, c, y + 1, x + 1)) /
                                      4.0);
                }
        rows.push_back(row);
    }
    Numbers centre(rows.front().size());
    double square = 0;
    for (std::size_t i = 0; i < centre.size(); ++i) {
        for (std::size_t n = 0; n < 6; ++n) centre[i] += rows[n][i] / 6;
        for (std::size_t n = 0; n < 6; ++n) square += std::pow(rows[n][i] - centre[i], 2) / (6 * static_cast<double>(centre.size()));
    }
    for (Numbers& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) row[i] = (row[i] - centre[i]) / (std::sqrt(square) + 1e-6);
    return rows;
}

// A classifier with one hidden layer, and how a loss pulls at its probabilities.
class NaiveClassifier {
public:
    NaiveClassifier(std::size_t features, std::size_t hidden, std::size_t ways, Rng rng) : features_(features), hidden_(hidden), ways_(ways) {
        nn::Sequential network{nn::Flatten{}, nn::Linear{static_cast<std::int64_t>(features), static_cast<std::int64_t>(hidden)}, nn::ReLU{},
                               nn::Linear{static_cast<std::int64_t>(hidden), static_cast<std::int64_t>(ways)}};
        network.initialize(rng);
        weights_ = nn::flatten_parameters(network.parameters()).to_vector();
    }

    // slope(y, p): of the loss of one class by its probability.
    template <class Slope>
    void train(const std::vector<Numbers>& images, const Numbers& labels, int steps, double rate, const Slope& slope) {
        for (int step = 0; step < steps; ++step) {
            Numbers total(weights_.size());
            for (std::size_t n = 0; n < labels.size(); ++n) add_slope(total, images[n], static_cast<std::size_t>(labels[n]), slope);
            for (std::size_t i = 0; i < weights_.size(); ++i) weights_[i] -= rate * total[i] / static_cast<double>(labels.size());
        }
    }

    double accuracy(const std::vector<Numbers>& images, const Numbers& labels) const {
        double right = 0;
        for (std::size_t n = 0; n < labels.size(); ++n) {
            const Numbers z = logits(inside(images[n]));
            right += std::max_element(z.begin(), z.end()) - z.begin() == static_cast<std::ptrdiff_t>(labels[n]) ? 1 : 0;
        }
        return right / static_cast<double>(labels.size());
    }

private:
    std::size_t first_bias() const { return hidden_ * features_; }
    std::size_t last() const { return first_bias() + hidden_; }
    std::size_t last_bias() const { return last() + ways_ * hidden_; }

    Numbers inside(const Numbers& x) const {
        Numbers h(hidden_);
        for (std::size_t j = 0; j < hidden_; ++j) {
            h[j] = weights_[first_bias() + j];
            for (std::size_t i = 0; i < features_; ++i) h[j] += weights_[j * features_ + i] * x[i];
            h[j] = std::max(h[j], 0.0);
        }
        return h;
    }
    Numbers logits(const Numbers& h) const {
        Numbers z(ways_);
        for (std::size_t c = 0; c < ways_; ++c) {
            z[c] = weights_[last_bias() + c];
            for (std::size_t j = 0; j < hidden_; ++j) z[c] += weights_[last() + c * hidden_ + j] * h[j];
        }
        return z;
    }

    template <class Slope>
    void add_slope(Numbers& total, const Numbers& x, std::size_t label, const Slope& slope) const {
        const Numbers h = inside(x), z = logits(h);
        double sum = 0, mean = 0;
        Numbers p(ways_), by_p(ways_), by_h(hidden_);
        for (std::size_t c = 0; c < ways_; ++c) sum += std::exp(z[c]);
        for (std::size_t c = 0; c < ways_; ++c) {
            p[c] = std::exp(z[c]) / sum;
            by_p[c] = slope(c == label ? 1.0 : 0.0, p[c]);
            mean += p[c] * by_p[c];
        }
        for (std::size_t c = 0; c < ways_; ++c) {
            const double by_z = p[c] * (by_p[c] - mean);
            total[last_bias() + c] += by_z;
            for (std::size_t j = 0; j < hidden_; ++j) {
                total[last() + c * hidden_ + j] += by_z * h[j];
                by_h[j] += by_z * weights_[last() + c * hidden_ + j];
            }
        }
        for (std::size_t j = 0; j < hidden_; ++j) {
            if (h[j] == 0) continue;
            total[first_bias() + j] += by_h[j];
            for (std::size_t i = 0; i < features_; ++i) total[j * features_ + i] += by_h[j] * x[i];
        }
    }

    std::size_t features_, hidden_, ways_;
    Numbers weights_;
};

const Numbers shot_labels{0, 0, 1, 1, 2, 2};
const Numbers query_labels{0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2};

struct SplitRows {
    std::vector<Numbers> shots, queries;
};

SplitRows split_rows(const std::vector<Numbers>& rows) { return {{rows.begin(), rows.begin() + 6}, {rows.begin() + 6, rows.end()}}; }

Tensor mse_of_probabilities(const Tensor& logits, const Tensor& labels) { return apps::probability_mse(logits, labels); }

double mse_slope(double y, double p) { return 2 * (p - y); }

}  // namespace

TEST_CASE("small tasks and evolution begin with the numbers of their page") {
    CHECK(apps::SmallTraining{}.steps == 20);
    CHECK(apps::SmallTraining{}.learning_rate == 0.1);
    CHECK(apps::SmallTraining{}.hidden == 32);
    CHECK(nn::EvolutionStrategyOptions{}.pairs == 16);
    CHECK(nn::EvolutionStrategyOptions{}.deviation == 0.1);
    CHECK(nn::EvolutionStrategyOptions{}.ranks);
}

TEST_CASE("images of a small task are halved where both sides are even, moved by the shots' means and scaled by their deviation") {
    for (const Shape& size : {Shape{4, 6}, Shape{4, 5}, Shape{3, 6}, Shape{3, 1}}) {
        INFO(size[0] << "x" << size[1]);
        const data::Batch batch = random_episode(size[0], size[1], 1);
        const SmallTask task = apps::make_small_task(batch, episode_of_three);
        const SplitRows rows = split_rows(naive_features(batch.images, size[0] % 2 == 0 && size[1] % 2 == 0));
        const auto check_rows = [](const Tensor& actual, const std::vector<Numbers>& expected) {
            Numbers flat;
            for (const Numbers& row : expected) flat.insert(flat.end(), row.begin(), row.end());
            check_close(actual, tensor(flat, {std::ssize(expected), std::ssize(expected.front())}, DType::f32), 1e-5, 1e-5);
        };
        check_rows(task.images, rows.shots);
        check_rows(task.queries, rows.queries);
        CHECK(task.labels.to_vector() == shot_labels);
        CHECK(task.answers.to_vector() == query_labels);
        CHECK(task.ways == 3);
    }
}

TEST_CASE("a classifier of a small task is trained as plain loops train it, and judged on the queries") {
    const data::Batch batch = random_episode(3, 4, 2);
    const SmallTask task = apps::make_small_task(batch, episode_of_three);
    const SplitRows rows = split_rows(naive_features(batch.images, false));
    std::vector<double> seen;
    for (const int steps : {0, 1, 4, 20})
        for (const double rate : {0.05, 0.4}) {
            NaiveClassifier classifier{24, 7, 3, Rng{5}};
            classifier.train(rows.shots, shot_labels, steps, rate, mse_slope);
            seen.push_back(classifier.accuracy(rows.queries, query_labels));
            CHECK(apps::trained_accuracy(task, mse_of_probabilities, {.steps = steps, .learning_rate = rate, .hidden = 7}, Rng{5}) ==
                  Approx(seen.back()).margin(1e-6));
        }
    std::sort(seen.begin(), seen.end());
    CHECK(std::unique(seen.begin(), seen.end()) - seen.begin() >= 3);  // training does matter
}

TEST_CASE("a loss that is no number, at once or in the end, has an accuracy of 0") {
    const SmallTask task = apps::make_small_task(random_episode(3, 4, 2), episode_of_three);
    const apps::SmallLoss nowhere = [](const Tensor& logits, const Tensor&) { return sum(logits) * std::nan(""); };
    CHECK(apps::trained_accuracy(task, nowhere, {.steps = 1}, Rng{5}) == 0);
    CHECK(apps::trained_accuracy(task, nowhere, {.steps = 0}, Rng{5}) > 0);
}

TEST_CASE("a generation is that of plain loops, and so is the next: pairs of variants, trained classifiers, ranks, and a step of Adam") {
    constexpr std::size_t units = 3, pairs = 3;
    constexpr double deviation = 0.8, rate = 0.1;
    nn::Sequential network = apps::make_loss_network(units);
    Rng first{8};
    network.initialize(first);
    const apps::LossEvolution options{.episode = episode_of_three,
                                      .training = {.steps = 6, .learning_rate = 0.5, .hidden = 7},
                                      .strategy = {.pairs = pairs, .deviation = deviation, .seed = 4}};
    const auto procedure = apps::make_loss_evolution(options, std::make_unique<nn::Adam>(network.parameters(), nn::AdamOptions{.learning_rate = rate}));
    REQUIRE(procedure->optimizers().size() == 1);
    Numbers weights = nn::flatten_parameters(network.parameters()).to_vector();
    NaiveAdam adam{weights.size(), rate};
    bool any_difference = false;
    for (std::uint64_t generation = 0; generation < 4; ++generation) {
        INFO("generation " << generation);
        const data::Batch batch = random_episode(3, 4, 10 + generation);
        const SplitRows rows = split_rows(naive_features(batch.images, false));
        Numbers fitness, ascent(weights.size());
        std::vector<Numbers> noises;
        for (std::uint64_t pair = 0; pair < pairs; ++pair) {
            Rng noise = Rng{4}.fork(generation).fork(pair);
            noises.push_back(randn({std::ssize(weights)}, noise).to_vector());
            for (const double sign : {1.0, -1.0}) {
                Numbers w = weights;
                for (std::size_t i = 0; i < w.size(); ++i) w[i] += sign * deviation * noises.back()[i];
                NaiveClassifier classifier{24, 7, 3, Rng{4, 21}.fork(generation)};
                classifier.train(rows.shots, shot_labels, 6, 0.5, [&](double y, double p) {
                    double slope = 0;
                    for (std::size_t h = 0; h < units; ++h) {
                        const double t = std::tanh(w[2 * h] * y + w[2 * h + 1] * p + w[2 * units + h]);
                        slope += w[3 * units + h] * (1 - t * t) * w[2 * h + 1];
                    }
                    return slope;
                });
                fitness.push_back(classifier.accuracy(rows.queries, query_labels));
            }
        }
        double mean = 0;
        for (std::size_t k = 0; k < 2 * pairs; ++k) {
            mean += fitness[k] / (2 * pairs);
            double below = 0, equal = 0;
            for (const double other : fitness) {
                below += other < fitness[k] ? 1 : 0;
                equal += other == fitness[k] ? 1 : 0;
            }
            const double rank = (below + (equal - 1) / 2) / (2 * pairs - 1) - 0.5;
            for (std::size_t i = 0; i < weights.size(); ++i) ascent[i] += (k % 2 == 0 ? 1 : -1) * rank * noises[k / 2][i] / (2 * pairs * deviation);
        }
        any_difference = any_difference || *std::max_element(fitness.begin(), fitness.end()) > *std::min_element(fitness.begin(), fitness.end());
        CHECK(procedure->step(network, batch, 0) == Approx(1 - mean).margin(1e-6));
        for (double& value : ascent) value = -value;
        adam.step(weights, ascent);
        check_close(nn::flatten_parameters(network.parameters()).detach(), tensor(weights, {std::ssize(weights)}, DType::f32), 1e-4, 1e-5);
        CHECK(procedure->state_dict().at(0).second.item() == static_cast<double>(generation + 1));
    }
    CHECK(any_difference);
}

TEST_CASE("a loss that stays what it is sees the task and the first weights of every generation, also from a state on") {
    const apps::LossEvolution options{
        .episode = episode_of_three, .training = {.steps = 6, .learning_rate = 0.2, .hidden = 7}, .strategy = {.pairs = 2, .seed = 4}};
    const auto procedure = apps::make_fixed_loss(options, mse_of_probabilities), later = apps::make_fixed_loss(options, mse_of_probabilities);
    later->load_state_dict({{"generation", full({1}, 2, DType::i64)}});
    nn::Sequential nothing;
    for (std::uint64_t generation = 0; generation < 4; ++generation) {
        const data::Batch batch = random_episode(3, 4, 10 + generation);
        const SplitRows rows = split_rows(naive_features(batch.images, false));
        NaiveClassifier classifier{24, 7, 3, Rng{4, 21}.fork(generation)};
        classifier.train(rows.shots, shot_labels, 6, 0.2, mse_slope);
        const double wrong = 1 - classifier.accuracy(rows.queries, query_labels);
        CHECK(procedure->step(nothing, batch, 0) == Approx(wrong).margin(1e-6));
        if (generation >= 2) CHECK(later->step(nothing, batch, 0) == Approx(wrong).margin(1e-6));
    }
    CHECK_THROWS_AS(later->load_state_dict({}), ValueError);
}
