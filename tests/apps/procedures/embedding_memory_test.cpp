// Cross-batch memory and momentum memory, step by step against plain loops.
#include <knoll/apps/procedures/embedding_memory.h>
#include "apps/procedures/naive_slope.h"
#include "support/close.h"

#include <knoll/core/core.h>
#include <knoll/losses/contrastive.h>
#include <knoll/nn/nn.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <functional>

using namespace knoll;
using test::Numbers;

namespace {

constexpr std::size_t key_inputs = 3, key_length = 2;
constexpr double key_rate = 0.1, momentum_of_steps = 0.9;

data::Batch batch_of(const std::vector<double>& labels, std::uint64_t seed) {
    Rng rng{seed};
    const auto count = static_cast<std::int64_t>(labels.size());
    return {randn({count, 3}, rng), tensor(labels, {count}, DType::i64), arange(count)};
}

// Sizes that are no multiple of each other or of a memory of seven rows; one batch is larger than it, one is a single row of a class
// that has none beside it.
std::vector<data::Batch> stream_of_batches() {
    return {batch_of({0, 1, 0, 2}, 1), batch_of({1, 1, 2}, 2), batch_of({0, 2, 1, 0, 2}, 3), batch_of({2, 0}, 4), batch_of({0, 1, 2, 0, 1, 2, 0, 1, 1}, 5),
            batch_of({3, 1}, 6)};
}

nn::Sequential linear_embedding(bool with_norm) {
    nn::Sequential model{nn::Linear{3, 2}};
    if (with_norm) model.append(nn::BatchNorm1d{2});
    Rng rng{4};
    model.initialize(rng);
    model.get<nn::Linear>(0).bias.copy_(tensor({0.2, -0.3}));
    if (with_norm) {
        model.get<nn::BatchNorm1d>(1).weight.copy_(tensor({0.7, 0.6}));
        model.get<nn::BatchNorm1d>(1).bias.copy_(tensor({0.1, 0.3}));
    }
    model.train();
    return model;
}

Numbers weights_of(const nn::Sequential& model) {
    Numbers weights;
    for (const Tensor& parameter : model.parameters())
        for (const double value : parameter.to_vector()) weights.push_back(value);
    return weights;
}

std::unique_ptr<nn::Optimizer> heavy_ball(const nn::Sequential& model) {
    return std::make_unique<nn::SGD>(model.parameters(), nn::SGDOptions{.learning_rate = key_rate, .momentum = momentum_of_steps});
}

// The embedding in doubles: weight, bias, and behind them scale and shift where there is a norm.
struct NaiveEmbedding {
    bool has_norm = false;
    Numbers weights;
    Numbers velocity = Numbers(weights.size());
    Numbers running_mean = {0, 0}, running_variance = {1, 1};

    std::vector<Numbers> projected(const Numbers& w, const Numbers& images) const {
        std::vector<Numbers> rows(images.size() / key_inputs, Numbers{w[key_inputs * key_length], w[key_inputs * key_length + 1]});
        for (std::size_t n = 0; n < rows.size(); ++n)
            for (std::size_t d = 0; d < key_length; ++d)
                for (std::size_t i = 0; i < key_inputs; ++i) rows[n][d] += w[d * key_inputs + i] * images[n * key_inputs + i];
        return rows;
    }

    static std::pair<double, double> moments(const std::vector<Numbers>& rows, std::size_t d) {
        const auto count = static_cast<double>(rows.size());
        double mean = 0, variance = 0;
        for (const Numbers& row : rows) mean += row[d] / count;
        for (const Numbers& row : rows) variance += (row[d] - mean) * (row[d] - mean) / count;
        return {mean, variance};
    }

    static void normalise(std::vector<Numbers>& rows, const Numbers& w, std::size_t d, double mean, double variance) {
        const std::size_t scale = (key_inputs + 1) * key_length;
        for (Numbers& row : rows) row[d] = w[scale + d] * (row[d] - mean) / std::sqrt(variance + 1e-5) + w[scale + key_length + d];
    }

    // As in training.
    std::vector<Numbers> embeddings(const Numbers& w, const Numbers& images) const {
        std::vector<Numbers> rows = projected(w, images);
        for (std::size_t d = 0; has_norm && d < key_length; ++d) {
            const auto [mean, variance] = moments(rows, d);
            normalise(rows, w, d, mean, variance);
        }
        return rows;
    }
    // As in evaluation.
    std::vector<Numbers> keys(const Numbers& images) const {
        std::vector<Numbers> rows = projected(weights, images);
        for (std::size_t d = 0; has_norm && d < key_length; ++d) normalise(rows, weights, d, running_mean[d], running_variance[d]);
        return rows;
    }

    void follow_statistics(const Numbers& images) {
        const std::vector<Numbers> rows = projected(weights, images);
        const auto count = static_cast<double>(rows.size());
        for (std::size_t d = 0; d < key_length; ++d) {
            const auto [mean, variance] = moments(rows, d);
            running_mean[d] = 0.9 * running_mean[d] + 0.1 * mean;
            running_variance[d] = 0.9 * running_variance[d] + 0.1 * variance * count / (count - 1);
        }
    }

    void step(const Numbers& slope) {
        for (std::size_t i = 0; i < weights.size(); ++i) {
            velocity[i] = momentum_of_steps * velocity[i] + slope[i];
            weights[i] -= key_rate * velocity[i];
        }
    }
};

// A ring: which row of which batch is in each slot.
struct NaiveRing {
    std::size_t capacity;
    std::vector<Numbers> rows = {};
    Numbers labels = {};
    std::size_t next = 0;

    // The slot of each row; rows that had to go at once have the slot capacity.
    std::vector<std::size_t> put(const std::vector<Numbers>& given, const Numbers& classes) {
        std::vector<std::size_t> slots(given.size(), capacity);
        for (std::size_t n = given.size() > capacity ? given.size() - capacity : 0; n < given.size(); ++n) {
            if (rows.size() < capacity) {
                rows.emplace_back();
                labels.push_back(0);
            }
            rows[next] = given[n];
            labels[next] = classes[n];
            slots[n] = next;
            next = (next + 1) % capacity;
        }
        return slots;
    }
};

double product(const Numbers& a, const Numbers& b) { return a[0] * b[0] + a[1] * b[1]; }

// The mean over anchors; own(n, m): the other row is the anchor itself.
template <class Own>
double naive_contrastive(const std::vector<Numbers>& anchors, const Numbers& labels, const std::vector<Numbers>& others, const Numbers& other_labels,
                         const Own& own) {
    double sum = 0;
    for (std::size_t n = 0; n < anchors.size(); ++n)
        for (std::size_t m = 0; m < others.size(); ++m) {
            if (own(n, m)) continue;
            const double s = product(anchors[n], others[m]);
            sum += labels[n] == other_labels[m] ? 1 - s : std::max(0.0, s - 0.5);
        }
    return sum / static_cast<double>(anchors.size());
}

// Weights as they are at one place, and similarities as they move.
using Weights = std::vector<Numbers>;
template <class Own>
Weights naive_pair_weights(const std::vector<Numbers>& anchors, const Numbers& labels, const std::vector<Numbers>& others, const Numbers& other_labels,
                           double threshold, const Own& own) {
    Weights weights(anchors.size(), Numbers(others.size()));
    for (std::size_t n = 0; n < anchors.size(); ++n) {
        double positives = 0, hard = 0;
        const auto is_positive = [&](std::size_t m) { return !own(n, m) && labels[n] == other_labels[m]; };
        const auto is_hard = [&](std::size_t m) { return !own(n, m) && labels[n] != other_labels[m] && product(anchors[n], others[m]) > threshold; };
        for (std::size_t m = 0; m < others.size(); ++m) {
            positives += is_positive(m) ? 1 : 0;
            hard += is_hard(m) ? 1 : 0;
        }
        for (std::size_t m = 0; m < others.size(); ++m) weights[n][m] = is_positive(m) ? -1 / positives : is_hard(m) ? 1 / hard : 0;
    }
    return weights;
}

double weighed(const Weights& weights, const std::vector<Numbers>& anchors, const std::vector<Numbers>& others) {
    double sum = 0;
    for (std::size_t n = 0; n < anchors.size(); ++n)
        for (std::size_t m = 0; m < others.size(); ++m) sum += weights[n][m] * product(anchors[n], others[m]);
    return sum / static_cast<double>(anchors.size());
}

void check_numbers(const Numbers& actual, const Numbers& expected) {
    REQUIRE(actual.size() == expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i) CHECK(actual[i] == Approx(expected[i]).epsilon(2e-5).margin(2e-5));
}

Numbers entry(const nn::StateDict& state, const std::string& name) {
    for (const auto& [key, values] : state)
        if (key == name) return values.to_vector();
    FAIL("no " << name);
    return {};
}

// The ring as a checkpoint has it: room that is not used yet is zeros.
void check_ring(const nn::StateDict& state, const NaiveRing& ring, double steps) {
    Numbers rows(ring.capacity * key_length), labels(ring.capacity);
    for (std::size_t m = 0; m < ring.rows.size(); ++m) {
        labels[m] = ring.labels[m];
        for (std::size_t d = 0; d < key_length; ++d) rows[m * key_length + d] = ring.rows[m][d];
    }
    check_numbers(entry(state, "memory.rows"), rows);
    CHECK(entry(state, "memory.labels") == labels);
    CHECK(entry(state, "memory.size") == Numbers{static_cast<double>(ring.rows.size())});
    CHECK(entry(state, "memory.next") == Numbers{static_cast<double>(ring.next)});
    CHECK(entry(state, "steps") == Numbers{steps});
}

}  // namespace

TEST_CASE("memories begin with the room, weights and thresholds of their page") {
    CHECK(apps::CrossBatchMemoryOptions{}.capacity == 1024);
    CHECK(apps::CrossBatchMemoryOptions{}.weight == 1);
    CHECK(apps::CrossBatchMemoryOptions{}.warm_up == 0);
    CHECK(apps::MomentumMemoryOptions{}.capacity == 1024);
    CHECK(apps::MomentumMemoryOptions{}.weight == 1);
    CHECK(apps::MomentumMemoryOptions{}.warm_up == 0);
    CHECK(apps::MomentumMemoryOptions{}.momentum == 0.99);
    CHECK(apps::MomentumMemoryOptions{}.threshold == 0.5);
}

TEST_CASE("cross-batch memory steps as plain loops do: warm-up, ring, own rows left out, momentum") {
    for (const std::int64_t warm_up : {0, 2}) {
        INFO("warm-up " << warm_up);
        nn::Sequential model = linear_embedding(false);
        const auto procedure =
            apps::make_cross_batch_memory(std::make_shared<losses::Contrastive>(), 2, {.capacity = 7, .weight = 0.4, .warm_up = warm_up}, heavy_ball(model));
        NaiveEmbedding naive{.has_norm = false, .weights = weights_of(model)};
        NaiveRing ring{7};
        double steps = 0;
        for (const data::Batch& batch : stream_of_batches()) {
            INFO("step " << steps);
            const Numbers images = batch.images.to_vector(), labels = batch.labels.to_vector();
            const bool remembers = steps >= static_cast<double>(warm_up);
            const std::vector<std::size_t> slots =
                remembers ? ring.put(naive.embeddings(naive.weights, images), labels) : std::vector<std::size_t>(labels.size(), 7);
            const auto loss = [&](const Numbers& w) {
                const std::vector<Numbers> anchors = naive.embeddings(w, images);
                double value = naive_contrastive(anchors, labels, anchors, labels, [](std::size_t n, std::size_t m) { return n == m; });
                if (remembers)
                    value += 0.4 * naive_contrastive(anchors, labels, ring.rows, ring.labels, [&](std::size_t n, std::size_t m) { return slots[n] == m; });
                return value;
            };
            // The batch itself is constant where it stands in the memory, though it moves as an anchor.
            const double before = loss(naive.weights);
            CHECK(procedure->step(model, batch, 0) == Approx(before).epsilon(1e-5));
            naive.step(test::naive_slope(loss, naive.weights));
            check_numbers(weights_of(model), naive.weights);
            ++steps;
            check_ring(procedure->state_dict(), ring, steps);
        }
        CHECK(ring.rows.size() == 7);
    }
}

TEST_CASE("momentum memory steps as plain loops do: keys by averaged weights and statistics, hard negatives, even positives") {
    for (const std::int64_t warm_up : {0, 2}) {
        INFO("warm-up " << warm_up);
        nn::Sequential model = linear_embedding(true);
        const auto procedure =
            apps::make_momentum_memory(model, 2, {.capacity = 7, .weight = 0.6, .warm_up = warm_up, .momentum = 0.8, .threshold = 0.1}, heavy_ball(model));
        NaiveEmbedding naive{.has_norm = true, .weights = weights_of(model)};
        NaiveEmbedding encoder = naive;
        NaiveRing ring{7};
        double steps = 0;
        for (const data::Batch& batch : stream_of_batches()) {
            INFO("step " << steps);
            const Numbers images = batch.images.to_vector(), labels = batch.labels.to_vector();
            const std::vector<Numbers> now = naive.embeddings(naive.weights, images);
            const auto itself = [](std::size_t n, std::size_t m) { return n == m; };
            const Weights inside = naive_pair_weights(now, labels, now, labels, 0.1, itself);
            Weights across(labels.size());
            const bool remembers = steps >= static_cast<double>(warm_up);
            if (remembers) {
                const std::vector<std::size_t> slots = ring.put(encoder.keys(images), labels);
                across = naive_pair_weights(now, labels, ring.rows, ring.labels, 0.1, [&](std::size_t n, std::size_t m) { return slots[n] == m; });
            }
            const auto loss = [&](const Numbers& w) {
                const std::vector<Numbers> anchors = naive.embeddings(w, images);
                return weighed(inside, anchors, anchors) + (remembers ? 0.6 * weighed(across, anchors, ring.rows) : 0.0);
            };
            CHECK(procedure->step(model, batch, 0) == Approx(loss(naive.weights)).epsilon(2e-5).margin(1e-5));
            naive.follow_statistics(images);
            naive.step(test::naive_slope(loss, naive.weights));
            check_numbers(weights_of(model), naive.weights);
            const auto blend = [](Numbers& average, const Numbers& value) {
                for (std::size_t i = 0; i < value.size(); ++i) average[i] = 0.8 * average[i] + 0.2 * value[i];
            };
            blend(encoder.weights, naive.weights);
            blend(encoder.running_mean, naive.running_mean);
            blend(encoder.running_variance, naive.running_variance);
            ++steps;
            const nn::StateDict state = procedure->state_dict();
            check_ring(state, ring, steps);
            check_numbers(entry(state, "average.weights.1.running_mean"), encoder.running_mean);
            check_numbers(entry(state, "average.weights.1.running_var"), encoder.running_variance);
            check_numbers(entry(state, "average.weights.0.weight"), {encoder.weights.begin(), encoder.weights.begin() + key_inputs * key_length});
            CHECK(model.training());
        }
        CHECK(ring.rows.size() == 7);
    }
}

TEST_CASE("a memory goes on from its state in the middle of the warm-up and behind it, and refuses that of another") {
    const std::vector<data::Batch> batches = stream_of_batches();
    for (const bool by_momentum : {false, true})
        for (const std::size_t until : {1U, 4U}) {
            INFO(by_momentum << " until step " << until);
            const auto made = [&](nn::Sequential& model) {
                return by_momentum ? apps::make_momentum_memory(model, 2, {.capacity = 7, .warm_up = 2, .momentum = 0.8},
                                                                std::make_unique<nn::SGD>(model.parameters(), nn::SGDOptions{.learning_rate = key_rate}))
                                   : apps::make_cross_batch_memory(std::make_shared<losses::Contrastive>(), 2, {.capacity = 7, .warm_up = 2},
                                                                   std::make_unique<nn::SGD>(model.parameters(), nn::SGDOptions{.learning_rate = key_rate}));
            };
            nn::Sequential model = linear_embedding(true), resumed = linear_embedding(true);
            const auto whole = made(model), first = made(resumed);
            for (std::size_t i = 0; i < until; ++i) {
                whole->step(model, batches[i], 0);
                first->step(resumed, batches[i], 0);
            }
            nn::StateDict saved;
            for (const auto& [name, values] : first->state_dict()) saved.emplace_back(name, values.clone());
            nn::Sequential again = linear_embedding(true);
            const auto second = made(again);
            again.load_state_dict(resumed.state_dict());
            second->load_state_dict(saved);
            for (std::size_t i = until; i < batches.size(); ++i) CHECK(second->step(again, batches[i], 0) == whole->step(model, batches[i], 0));
            CHECK(weights_of(again) == weights_of(model));
            saved.erase(saved.begin());
            CHECK_THROWS_AS(second->load_state_dict(saved), ValueError);
        }
}
