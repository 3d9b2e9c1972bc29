// Steps of COMIC, told again in plain loops: a linear layer, five sets of cosine logits, and the losses of three branches.
#include <knoll/apps/procedures/comic.h>

#include "apps/procedures/plain_network.h"

#include <knoll/apps/procedures/cosine_branches.h>
#include <knoll/apps/training/hyperparameters.h>
#include <knoll/core/core.h>

#include <array>

using namespace knoll;
using namespace knoll::test;

namespace {

constexpr std::size_t comic_inputs = 3, comic_width = 4, comic_labels = 5;

struct Slope {
    double value = 0, slope = 0;
};

// The focal modifier's loss of one element, at a focal power of 0 on positives and `power` on negatives.
Slope modified(double z, bool positive, double weight, double power, double factor) {
    const double p = sigmoid_of(z);
    if (positive) return {-weight * std::log(p), -weight * (1 - p)};
    const double remaining = factor * (1 - p + 0.05);
    if (remaining >= 1) return {};
    const double focal = weight * std::pow(1 - remaining, power + weight);
    return {-focal * std::log(remaining), focal * factor * p * (1 - p) / remaining};
}

Row rarity(const Row& counts, double exponent) {
    double most = 1;
    for (const double count : counts) most = std::max(most, count);
    Row weights;
    for (const double count : counts) weights.push_back(std::pow(1 - std::log(std::max(count, 1.0) / most), exponent));
    return weights;
}

// The network: W [4, 3] and b [4], then head, tail and balanced [5, 4] each.
struct PlainBranches {
    Row values, running = Row(comic_width, 0.0);

    static constexpr std::size_t bias = comic_width * comic_inputs, weights = bias + comic_width, branch = comic_labels * comic_width;

    Row features(const Row& x) const {
        Row f(comic_width);
        for (std::size_t j = 0; j < comic_width; ++j) {
            f[j] = values[bias + j];
            for (std::size_t i = 0; i < comic_inputs; ++i) f[j] += values[j * comic_inputs + i] * x[i];
        }
        return f;
    }
    static Row direction(const Row& row) {
        Row unit = row;
        for (double& value : unit) value /= std::sqrt(dot(row, row));
        return unit;
    }
    // What the classifier `set` (0: head, 1: tail, 2: balanced, 3: head, moved, 4: tail, moved) looks at.
    Row seen(const Row& x, std::size_t set) const {
        Row y = direction(features(x));
        const Row common = direction(running);
        const double along = dot(y, common), share = set == 3 ? -1 : set == 4 ? 2 : 0;
        for (std::size_t j = 0; j < comic_width; ++j) y[j] += share * along * common[j];
        return y;
    }
    Row weight(std::size_t set, std::size_t label) const {
        const auto from = values.begin() + static_cast<std::ptrdiff_t>(weights + std::array<std::size_t, 5>{0, 1, 2, 0, 1}[set] * branch + label * comic_width);
        return {from, from + comic_width};
    }
    Row logits(const Row& x, std::size_t set) const {
        Row z;
        for (std::size_t c = 0; c < comic_labels; ++c) {
            const Row w = weight(set, c);
            z.push_back(16 * dot(seen(x, set), w) / (std::sqrt(dot(w, w)) + 1.0 / 32));
        }
        return z;
    }
    void add_gradient(const Row& x, std::size_t set, const Row& by_logits, Row& gradient) const {
        const Row y = seen(x, set), common = direction(running), f = features(x), unit = direction(f);
        Row by_seen(comic_width, 0.0), by_unit(comic_width);
        for (std::size_t c = 0; c < comic_labels; ++c) {
            const Row w = weight(set, c);
            const double length = std::sqrt(dot(w, w)), divisor = length + 1.0 / 32;
            const std::size_t at = weights + std::array<std::size_t, 5>{0, 1, 2, 0, 1}[set] * branch + c * comic_width;
            for (std::size_t j = 0; j < comic_width; ++j) {
                by_seen[j] += 16 * by_logits[c] * w[j] / divisor;
                gradient[at + j] += 16 * by_logits[c] * (y[j] / divisor - dot(y, w) * w[j] / (length * divisor * divisor));
            }
        }
        const double share = set == 3 ? -1 : set == 4 ? 2 : 0;
        for (std::size_t j = 0; j < comic_width; ++j) by_unit[j] = by_seen[j] + share * dot(by_seen, common) * common[j];
        for (std::size_t j = 0; j < comic_width; ++j) {
            const double by_feature = (by_unit[j] - dot(by_unit, unit) * unit[j]) / std::sqrt(dot(f, f));
            gradient[bias + j] += by_feature;
            for (std::size_t i = 0; i < comic_inputs; ++i) gradient[j * comic_inputs + i] += by_feature * x[i];
        }
    }
};

struct PlainComic {
    PlainBranches net;
    PlainSgd sgd;
    Rows labels;  // of all images
    Row counts = {};
    Row first_counts = {};
    double recovered = 0;

    void begin() {
        first_counts.assign(comic_labels, 0.0);
        for (const Row& row : labels)
            for (std::size_t c = 0; c < comic_labels; ++c) first_counts[c] += row[c];
        counts = first_counts;
    }
    // How much an image counts where labels are drawn with probabilities proportional to counts^-power.
    Row image_weights(double power) const {
        Row weights;
        double total = 0;
        for (const Row& row : labels) {
            double weight = 0;
            for (std::size_t c = 0; c < comic_labels; ++c) weight += row[c] * std::pow(std::max(first_counts[c], 1.0), -power);
            weights.push_back(weight);
            total += weight;
        }
        for (double& weight : weights) weight *= static_cast<double>(weights.size()) / total;
        return weights;
    }
    // Which labels an image's suggest: shares of the company that they keep, adding up to 1.
    Row suggested(const Row& observed) const {
        Rows together(comic_labels, Row(comic_labels, 0.0));
        for (const Row& row : labels)
            for (std::size_t a = 0; a < comic_labels; ++a)
                for (std::size_t b = 0; b < comic_labels; ++b)
                    if (a != b) together[a][b] += row[a] * row[b];
        Row all(comic_labels, 0.0);
        for (std::size_t c = 0; c < comic_labels; ++c) {
            double company = 0;
            for (std::size_t l = 0; l < comic_labels; ++l) company += together[l][c];
            for (std::size_t l = 0; l < comic_labels; ++l)
                if (company > 0) all[c] += observed[l] * together[l][c] / company;
        }
        double total = 0;
        for (const double share : all) total += share;
        for (double& share : all) share = total > 0 ? share / total : 0;
        return all;
    }
    double step(const Rows& x, const std::vector<std::size_t>& indices) {
        const double images = static_cast<double>(x.size()), classes = comic_labels;
        const Row prior = rarity(first_counts, 1.0 / 3), tail_weights = image_weights(1.0), balanced_weights = image_weights(0.5);
        for (double& value : net.running) value *= 0.9;
        for (const Row& one : x)
            for (std::size_t j = 0; j < comic_width; ++j) net.running[j] += net.features(one)[j] / images;
        double value = 0;
        Row gradient(net.values.size(), 0.0);
        for (std::size_t n = 0; n < x.size(); ++n)
            for (std::size_t set = 0; set < 3; ++set) {
                const Row& observed = labels[indices[n]];
                const Row z = net.logits(x[n], set), companions = suggested(observed);
                const double own = set == 0 ? 1 : set == 1 ? tail_weights[indices[n]] : balanced_weights[indices[n]];
                const double share = (own + 1.0 / 3) / (images * classes);
                Row by_logits(comic_labels);
                for (std::size_t c = 0; c < comic_labels; ++c) {
                    const Slope element = modified(z[c], observed[c] == 1, prior[c], 3, companions[c] > 0 ? 1.2 : 1.0);
                    value += share * element.value;
                    by_logits[c] = share * element.slope;
                }
                net.add_gradient(x[n], set, by_logits, gradient);
            }
        // The balanced branch decides first which labels raise the counts of this epoch.
        for (const auto set : {std::size_t{2}, std::size_t{3}, std::size_t{4}}) {
            Rows z;
            for (const Row& one : x) z.push_back(net.logits(one, set));
            Row average(comic_labels, 0.0);
            for (std::size_t n = 0; n < x.size(); ++n)
                for (std::size_t c = 0; c < comic_labels; ++c) {
                    z[n][c] -= labels[indices[n]][c];
                    average[c] += sigmoid_of(z[n][c]) / images;
                }
            Rows corrected(x.size(), Row(comic_labels, 0.0));
            double positives = 0;
            for (std::size_t n = 0; n < x.size(); ++n)
                for (std::size_t c = 0; c < comic_labels; ++c) {
                    const bool observed = labels[indices[n]][c] == 1;
                    const bool found = !observed && sigmoid_of(z[n][c]) > 0.7 && sigmoid_of(z[n][c]) > average[c];
                    if (set == 2 && found) {
                        counts[c] += 1;
                        recovered += 1;
                    }
                    positives += corrected[n][c] = observed || found ? 1 : 0;
                }
            const Row weights = rarity(counts, 1.0 / 6);
            const double share = 0.2 / (classes * std::max(positives, 1.0));
            for (std::size_t n = 0; n < x.size(); ++n) {
                Row by_logits(comic_labels);
                for (std::size_t c = 0; c < comic_labels; ++c) {
                    const Slope element = modified(z[n][c], corrected[n][c] == 1, weights[c], 3, 1.0);
                    value += share * element.value;
                    by_logits[c] = share * element.slope;
                }
                net.add_gradient(x[n], set, by_logits, gradient);
            }
        }
        std::vector<bool> decays(net.values.size(), true);
        for (std::size_t j = 0; j < comic_width; ++j) decays[PlainBranches::bias + j] = false;
        sgd.step(net.values, gradient, decays);
        return value;
    }
};

}  // namespace

TEST_CASE("COMIC steps with three branches, each weighted as it should be, and counts what it recovers until the epoch ends") {
    nn::Sequential model{nn::Linear{comic_inputs, comic_width}};
    model.append("branches", apps::CosineBranches{comic_width, comic_labels});
    Rng rng{14};
    model.initialize(rng);
    const Rows x = drawn_rows(11, comic_inputs, 41, 1.5);
    // The fourth label is always alone, the fifth never seen, the third image has none.
    const Rows labels{{1, 1, 0, 0, 0}, {1, 0, 0, 0, 0}, {0, 0, 0, 0, 0}, {0, 0, 0, 1, 0}, {1, 0, 1, 0, 0}, {1, 0, 0, 0, 0},
                      {0, 1, 0, 0, 0}, {1, 1, 1, 0, 0}, {1, 0, 0, 0, 0}, {0, 1, 0, 0, 0}, {1, 0, 0, 0, 0}};
    PlainComic comic{{.values = flat(model.named_parameters())}, {0.02, 0.05}, labels};
    comic.begin();
    const auto make = [&] {
        return apps::make_comic(as_tensor(labels, DType::u8), apps::make_optimizer(model, {.learning_rate = 0.02, .optimizer = "sgd", .weight_decay = 0.05}));
    };
    const auto procedure = make();
    const auto check_step = [&](const std::vector<std::size_t>& indices) {
        INFO(indices.size() << " images");
        const data::Batch batch{as_tensor(chosen(x, indices)), as_tensor(chosen(labels, indices)), as_indices(indices)};
        const double value = comic.step(chosen(x, indices), indices);
        CHECK(procedure->step(model, batch, 0) == Approx(value).epsilon(2e-5));
        check_near(flat(model.named_parameters()), comic.net.values);
        check_near(flat(model.named_buffers()), comic.net.running);
        REQUIRE(procedure->state_dict().size() == 1);
        CHECK(procedure->state_dict().front().first == "counts");
        check_near(flat(procedure->state_dict()), comic.counts);
    };
    procedure->begin_epoch(model, 0);
    check_step({5, 2, 9, 0, 7, 3, 10});
    check_step({1, 4, 8});
    check_step({6});
    CHECK(comic.recovered > 2);
    CHECK(comic.counts != comic.first_counts);
    const auto resumed = make();
    resumed->load_state_dict(procedure->state_dict());
    CHECK(flat(resumed->state_dict()) == comic.counts);
    procedure->begin_epoch(model, 1);
    comic.counts = comic.first_counts;
    check_near(flat(procedure->state_dict()), comic.first_counts);
    check_step({3, 7, 4, 6, 1});
    CHECK(procedure->optimizers().size() == 1);
    model.initialize(rng);  // begins anew without what images have in common
    CHECK(flat(model.named_buffers()) == Row(comic_width, 0.0));
}

TEST_CASE("images without any labels count alike in all branches of COMIC") {
    nn::Sequential model{nn::Linear{comic_inputs, comic_width}};
    model.append("branches", apps::CosineBranches{comic_width, comic_labels});
    Rng rng{14};
    model.initialize(rng);
    const auto procedure = apps::make_comic(zeros({4, comic_labels}, DType::u8), apps::make_optimizer(model, {.learning_rate = 0.02, .optimizer = "sgd"}));
    const double loss = procedure->step(model, {as_tensor(drawn_rows(4, comic_inputs, 1)), zeros({4, comic_labels}), arange(4)}, 0);
    CHECK(std::isfinite(loss));
    for (const double value : flat(model.named_parameters())) CHECK(std::isfinite(value));
}

TEST_CASE("the modifier alone is the mean of its elements, with weights by the sixth root of rarity and a focal power of 4 plus these") {
    const Rows labels{{1, 1, 0}, {1, 0, 0}, {1, 0, 0}, {1, 1, 0}, {1, 0, 0}};
    const Rows z = drawn_rows(2, 3, 3, 2.0);
    const Row weights = rarity({5, 2, 0}, 1.0 / 6);
    double expected = 0;
    for (std::size_t n = 0; n < 2; ++n)
        for (std::size_t c = 0; c < 3; ++c) expected += modified(z[n][c], labels[n][c] == 1, weights[c], 4, 1.0).value / 6;
    const auto loss = apps::multi_grained_focal_loss(as_tensor(labels, DType::u8));
    for (const int epoch : {0, 2}) CHECK(loss(as_tensor(z), as_tensor({labels[0], labels[1]}), epoch).item() == Approx(expected).epsilon(1e-5));
}
